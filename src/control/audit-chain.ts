import { createHash, createPublicKey, sign, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Timestamp } from "#msgs/time.ts";

/** One line of an export. `body` is JSON as it was recorded. */
export interface ChainEntry {
  readonly seq: number;
  readonly at: Timestamp;
  readonly kind: string;
  readonly by: string;
  readonly body: unknown;
  /** Of the entry before it and of this one, in hexadecimal. */
  readonly hash: string;
}

/** Says, with a key, that the chain had this hash at this entry. */
export interface Checkpoint {
  readonly seq: number;
  readonly hash: string;
  readonly at: Timestamp;
  /** The public key, so that an export can be checked; which key to believe is for whoever checks to know. */
  readonly key: string;
  readonly signature: string;
}

/** What the first entry follows. */
export const beforeFirst = "0".repeat(64);

/** A checkpoint follows at least every so many entries: a tail without one cannot be mistaken for a signed one. */
export const entriesPerCheckpoint = 1_000;

export function entryHash(previous: string, seq: number, at: Timestamp, kind: string, by: string, bodyText: string): string {
  return createHash("sha256")
    .update(`${previous}\n${seq}\n${at}\n${JSON.stringify(kind)}\n${JSON.stringify(by)}\n${bodyText}`)
    .digest("hex");
}

export function signCheckpoint(seq: number, hash: string, at: Timestamp, privateKey: KeyObject): Checkpoint {
  const signature = sign(null, signedText(seq, hash, at), privateKey).toString("base64");
  const key = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
  return { seq, hash, at, key, signature };
}

export function isSigned(checkpoint: Checkpoint): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(checkpoint.key, "base64"), type: "spki", format: "der" });
    return verify(null, signedText(checkpoint.seq, checkpoint.hash, checkpoint.at), key, Buffer.from(checkpoint.signature, "base64"));
  } catch {
    // A key or a signature that is not one is as good as a wrong one.
    return false;
  }
}

function signedText(seq: number, hash: string, at: Timestamp): Buffer {
  return Buffer.from(`plainview audit checkpoint\n${seq}\n${hash}\n${at}\n`);
}
