import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import { Malformed } from "../malformed.ts";
import type { ObjectId } from "../value.ts";
import { enumerated, unsigned } from "../value.ts";

const deviceType = 8;

export interface WhoIs {
  readonly low: number;
  readonly high: number;
}

/** Without a range everybody is asked. */
export function encodeWhoIs(range: WhoIs | undefined): Buffer {
  const writer = new TagWriter(12);
  if (range) writer.contextUnsigned(0, range.low).contextUnsigned(1, range.high);
  return writer.bytes();
}

export function decodeWhoIs(data: Buffer): WhoIs | undefined {
  if (data.length === 0) return undefined;
  const reader = new TagReader(data);
  return { low: reader.contextUnsigned(0), high: reader.contextUnsigned(1) };
}

export interface IAm {
  readonly instance: number;
  readonly maxApdu: number;
  /** 0 both, 1 transmit, 2 receive, 3 none: what the device claims, which is not always so. */
  readonly segmentation: number;
  readonly vendor: number;
}

export function encodeIAm(iAm: IAm): Buffer {
  return new TagWriter(24)
    .value({ type: "object", value: { type: deviceType, instance: iAm.instance } })
    .value(unsigned(iAm.maxApdu))
    .value(enumerated(iAm.segmentation))
    .value(unsigned(iAm.vendor))
    .bytes();
}

export function decodeIAm(data: Buffer): IAm {
  const reader = new TagReader(data);
  const id = reader.expect("object").value;
  if (id.type !== deviceType) throw new Malformed("an I-Am that is not from a device");
  const maxApdu = Number(reader.expect("unsigned").value);
  const segmentation = reader.expect("enumerated").value;
  const vendor = Number(reader.expect("unsigned").value);
  return { instance: id.instance, maxApdu, segmentation, vendor };
}

export interface WhoHas {
  readonly range?: WhoIs;
  readonly looked: { readonly object: ObjectId } | { readonly name: string };
}

export function encodeWhoHas(asked: WhoHas): Buffer {
  const writer = new TagWriter(64);
  if (asked.range) writer.contextUnsigned(0, asked.range.low).contextUnsigned(1, asked.range.high);
  if ("object" in asked.looked) writer.contextObject(2, asked.looked.object);
  else writer.contextText(3, asked.looked.name);
  return writer.bytes();
}

export function decodeWhoHas(data: Buffer): WhoHas {
  const reader = new TagReader(data);
  const low = reader.tryContextUnsigned(0);
  const range = low === undefined ? undefined : { low, high: reader.contextUnsigned(1) };
  const looked = reader.isContext(2) ? { object: reader.contextObject(2) } : { name: reader.contextText(3) };
  return { ...(range && { range }), looked };
}

export interface IHave {
  readonly device: ObjectId;
  readonly object: ObjectId;
  readonly name: string;
}

export function encodeIHave(iHave: IHave): Buffer {
  return new TagWriter(64)
    .value({ type: "object", value: iHave.device })
    .value({ type: "object", value: iHave.object })
    .value({ type: "text", value: iHave.name })
    .bytes();
}

export function decodeIHave(data: Buffer): IHave {
  const reader = new TagReader(data);
  return { device: reader.expect("object").value, object: reader.expect("object").value, name: reader.expect("text").value };
}
