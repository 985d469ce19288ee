import type { Random } from "../model/random.ts";

/** Ways in which a Modbus answer goes wrong; the transaction id stays right in most, since that is what hurts. */
export const garbleForms = [
  "wrong-transaction",
  "wrong-function",
  "short-count",
  "long-length",
  "truncated",
  "noise",
  "wrong-protocol",
] as const;

export type GarbleForm = (typeof garbleForms)[number];

/** A spoilt copy of a good answer frame. */
export function garbleFrame(frame: Buffer, random: Random, form?: GarbleForm): Buffer {
  const chosen = form ?? garbleForms[Math.floor(random.uniform() * garbleForms.length)] ?? "noise";
  const spoilt = Buffer.from(frame);
  switch (chosen) {
    case "wrong-transaction":
      spoilt.writeUInt16BE((spoilt.readUInt16BE(0) + 1 + Math.floor(random.uniform() * 1000)) & 0xffff, 0);
      return spoilt;
    case "wrong-function":
      spoilt[7] = ((spoilt[7] ?? 0) + 40) & 0x7f;
      return spoilt;
    case "short-count":
      spoilt[8] = Math.max(0, (spoilt[8] ?? 0) - 1);
      return spoilt;
    case "long-length":
      spoilt.writeUInt16BE(spoilt.readUInt16BE(4) + 7, 4);
      return spoilt;
    case "truncated":
      return spoilt.subarray(0, Math.max(1, Math.floor(random.uniform() * spoilt.length)));
    case "wrong-protocol":
      spoilt.writeUInt16BE(0x1234, 2);
      return spoilt;
    case "noise":
      return Buffer.from(Array.from({ length: 1 + Math.floor(random.uniform() * 40) }, () => Math.floor(random.uniform() * 256)));
  }
}
