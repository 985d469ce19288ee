import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import type { RawDateTime } from "../value.ts";
import type { ObjectProperty } from "./property-access.ts";
import type { BacnetValue } from "../value.ts";

export const communicationStates = ["enable", "disable", "disable-initiation"] as const;
export type CommunicationState = (typeof communicationStates)[number];

export interface CommunicationControl {
  /** Absent: until somebody enables it again, or it restarts. */
  readonly minutes?: number;
  readonly state: CommunicationState;
  readonly password?: string;
}

export function encodeCommunicationControl(control: CommunicationControl): Buffer {
  const writer = new TagWriter(32);
  if (control.minutes !== undefined) writer.contextUnsigned(0, control.minutes);
  writer.contextUnsigned(1, communicationStates.indexOf(control.state));
  if (control.password !== undefined) writer.contextText(2, control.password);
  return writer.bytes();
}

export function decodeCommunicationControl(data: Buffer): CommunicationControl | undefined {
  const reader = new TagReader(data);
  const minutes = reader.tryContextUnsigned(0);
  const state = communicationStates[reader.contextUnsigned(1)];
  const password = reader.isContext(2) ? reader.contextText(2) : undefined;
  return state && { state, ...(minutes !== undefined && { minutes }), ...(password !== undefined && { password }) };
}

export const restartKinds = [
  "coldstart",
  "warmstart",
  "startbackup",
  "endbackup",
  "startrestore",
  "endrestore",
  "abortrestore",
  "activate-changes",
] as const;
export type RestartKind = (typeof restartKinds)[number];

export function encodeReinitialize(kind: RestartKind, password?: string): Buffer {
  const writer = new TagWriter(32).contextUnsigned(0, restartKinds.indexOf(kind));
  if (password !== undefined) writer.contextText(1, password);
  return writer.bytes();
}

export function decodeReinitialize(data: Buffer): { kind: RestartKind | undefined; password?: string } {
  const reader = new TagReader(data);
  const kind = restartKinds[reader.contextUnsigned(0)];
  return { kind, ...(reader.isContext(1) && { password: reader.contextText(1) }) };
}

export function encodeTimeSync(dateTime: RawDateTime): Buffer {
  return new TagWriter(16).value({ type: "date", value: dateTime.date }).value({ type: "time", value: dateTime.time }).bytes();
}

export function decodeTimeSync(data: Buffer): RawDateTime {
  const reader = new TagReader(data);
  return { date: reader.expect("date").value, time: reader.expect("time").value };
}

/** AddListElement and RemoveListElement say the same thing with two service numbers. */
export function encodeListElements(target: ObjectProperty, elements: readonly BacnetValue[]): Buffer {
  const writer = new TagWriter(96).contextObject(0, target.object).contextUnsigned(1, target.property);
  if (target.index !== undefined) writer.contextUnsigned(2, target.index);
  return writer.open(3).values(elements).close(3).bytes();
}

export function decodeListElements(data: Buffer): ObjectProperty & { readonly elements: readonly BacnetValue[] } {
  const reader = new TagReader(data);
  const object = reader.contextObject(0);
  const property = reader.contextUnsigned(1);
  const index = reader.tryContextUnsigned(2);
  reader.open(3);
  return { object, property, ...(index !== undefined && { index }), elements: reader.valuesUntil(3) };
}
