import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The key that signs checkpoints, made at the first start. Keep the `.pub` somewhere else: it is what a verifier should trust. */
export function auditKey(folder: string): KeyObject {
  const file = join(folder, "audit-key.pem");
  if (existsSync(file)) return createPrivateKey(readFileSync(file));
  const { privateKey } = generateKeyPairSync("ed25519");
  writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  writeFileSync(join(folder, "audit-key.pub"), createPublicKey(privateKey).export({ type: "spki", format: "pem" }));
  return privateKey;
}
