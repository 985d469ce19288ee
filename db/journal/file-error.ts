import { GatewayError, messageOf, type ErrorCode } from "#src/kit/errors.ts";

/**
 * Why a file of the journal cannot be used. SQLite's number says whether its content is at fault, which nothing but setting it
 * aside helps against, or this machine, which a person can mend: then the file is sound and must stay where it is.
 */
const machineSays: Readonly<Record<number, readonly [code: ErrorCode, what: string]>> = {
  3: ["no-permission", "this user may not use it; make the data folder and all that is in it this user's own"],
  5: ["busy", "another program holds it; stop that program"],
  6: ["busy", "another program holds it; stop that program"],
  7: ["no-permission", "this machine is out of memory"],
  8: ["no-permission", "it can only be read; make it writable for this user, or the file system it lies on"],
  10: ["no-permission", "the disk did not read or write it; look at the system's log, and mend the disk or restore a copy"],
  13: ["disk-full", "the disk is full; make room"],
  14: ["no-permission", "it cannot be opened; look at who owns it and the folders above it, and at how many files may be open"],
};
/** What the file system itself says before SQLite is asked. */
const systemSays: Readonly<Record<string, number>> = {
  EACCES: 3,
  EPERM: 3,
  EROFS: 8,
  EIO: 10,
  ENOSPC: 13,
  EDQUOT: 13,
  EMFILE: 14,
  ENFILE: 14,
};

export function fileError(what: string, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const known = machineSays[sqliteCode(cause) ?? systemCode(cause) ?? 0];
  if (!known) return new GatewayError("damaged", `${what} cannot be read: ${messageOf(cause)}`, { cause });
  return new GatewayError(known[0], `${what}: ${known[1]} (${messageOf(cause)})`, { cause });
}

/** Whether the content is what is wrong. */
export function isDamage(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === "damaged";
}

/** SQLite's own number, its finer kinds left out. */
export function sqliteCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

function systemCode(error: unknown): number | undefined {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  return syscall === undefined ? undefined : (systemSays[code ?? ""] ?? 14);
}
