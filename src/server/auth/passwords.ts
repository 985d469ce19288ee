import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/**
 * Passwords and API keys are kept as scrypt hashes: `scrypt$15$8$1$salt$hash` (log2 of the cost, block size, lanes). The
 * parameters travel with the hash, so that they can be raised without locking anybody out.
 */
const standard = { costLog2: 15, blockSize: 8, lanes: 1 };
const hashBytes = 32;
/** Hashes that cost more than this are refused: a hash from a file must not be able to stop the gateway. */
const costLog2Max = 18;
const memoryMax = 512 * 1024 * 1024;
const format = /^\$?scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{8,100})\$([A-Za-z0-9_-]{20,200})$/;

export async function hashPassword(password: string, costLog2 = standard.costLog2): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, { ...standard, costLog2 }, hashBytes);
  return `scrypt$${costLog2}$${standard.blockSize}$${standard.lanes}$${salt.toString("base64url")}$${hash.toString("base64url")}`;
}

/** False for a wrong password and for a hash that cannot be read. */
export async function passwordMatches(password: string, stored: string): Promise<boolean> {
  const match = format.exec(stored);
  if (!match) return false;
  const [, costLog2, blockSize, lanes, salt = "", hash = ""] = match;
  const cost = { costLog2: Number(costLog2), blockSize: Number(blockSize), lanes: Number(lanes) };
  if (cost.costLog2 < 1 || cost.costLog2 > costLog2Max || cost.blockSize < 1 || cost.blockSize > 16 || cost.lanes < 1 || cost.lanes > 4)
    return false;
  const expected = Buffer.from(hash, "base64url");
  const actual = await derive(password, Buffer.from(salt, "base64url"), cost, expected.length);
  return timingSafeEqual(expected, actual);
}

/** Costs what a real check costs, so that an unknown name cannot be told from a wrong password by the time it takes. */
export async function pretendToCheck(password: string): Promise<void> {
  await derive(password, Buffer.alloc(16), standard, hashBytes);
}

function derive(password: string, salt: Buffer, cost: typeof standard, length: number): Promise<Buffer> {
  const options = { N: 2 ** cost.costLog2, r: cost.blockSize, p: cost.lanes, maxmem: memoryMax };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
