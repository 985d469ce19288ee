import { TagReader } from "../tag-reader.ts";
import { TagWriter } from "../tag-writer.ts";
import { Malformed } from "../malformed.ts";
import type { BacnetError, BacnetValue, ObjectId, PropertyRef, PropertyResult } from "../value.ts";

/** A property of an object. */
export interface ObjectProperty extends PropertyRef {
  readonly object: ObjectId;
}

export interface ReadResult extends ObjectProperty {
  readonly values: readonly BacnetValue[];
}

export function encodeReadProperty(asked: ObjectProperty): Buffer {
  const writer = new TagWriter(16).contextObject(0, asked.object).contextUnsigned(1, asked.property);
  if (asked.index !== undefined) writer.contextUnsigned(2, asked.index);
  return writer.bytes();
}

export function decodeReadProperty(data: Buffer): ObjectProperty {
  return readObjectProperty(new TagReader(data));
}

export function encodeReadPropertyAck(result: ReadResult): Buffer {
  const writer = new TagWriter(64).contextObject(0, result.object).contextUnsigned(1, result.property);
  if (result.index !== undefined) writer.contextUnsigned(2, result.index);
  return writer.open(3).values(result.values).close(3).bytes();
}

export function decodeReadPropertyAck(data: Buffer): ReadResult {
  const reader = new TagReader(data);
  const asked = readObjectProperty(reader);
  reader.open(3);
  return { ...asked, values: reader.valuesUntil(3) };
}

/** What is asked of one object in a multiple read. */
export interface ReadSpec {
  readonly object: ObjectId;
  readonly properties: readonly PropertyRef[];
}

export function encodeReadMultiple(specs: readonly ReadSpec[]): Buffer {
  const writer = new TagWriter(512);
  for (const { object, properties } of specs) {
    writer.contextObject(0, object).open(1);
    for (const { property, index } of properties) {
      writer.contextUnsigned(0, property);
      if (index !== undefined) writer.contextUnsigned(1, index);
    }
    writer.close(1);
  }
  return writer.bytes();
}

export function decodeReadMultiple(data: Buffer): ReadSpec[] {
  const reader = new TagReader(data);
  const specs: ReadSpec[] = [];
  while (!reader.atEnd) {
    const object = reader.contextObject(0);
    reader.open(1);
    const properties: PropertyRef[] = [];
    while (!reader.isClosing(1)) {
      const property = reader.contextUnsigned(0);
      const index = reader.tryContextUnsigned(1);
      properties.push(index === undefined ? { property } : { property, index });
    }
    reader.close(1);
    specs.push({ object, properties });
  }
  return specs;
}

export interface ReadMultipleResult {
  readonly object: ObjectId;
  readonly results: readonly PropertyResult[];
}

export function encodeReadMultipleAck(objects: readonly ReadMultipleResult[]): Buffer {
  const writer = new TagWriter(1024);
  for (const { object, results } of objects) {
    writer.contextObject(0, object).open(1);
    for (const result of results) {
      writer.contextUnsigned(2, result.property);
      if (result.index !== undefined) writer.contextUnsigned(3, result.index);
      if ("values" in result) writer.open(4).values(result.values).close(4);
      else writeError(writer.open(5), result.error).close(5);
    }
    writer.close(1);
  }
  return writer.bytes();
}

export function decodeReadMultipleAck(data: Buffer): ReadMultipleResult[] {
  const reader = new TagReader(data);
  const objects: ReadMultipleResult[] = [];
  while (!reader.atEnd) {
    const object = reader.contextObject(0);
    const results: PropertyResult[] = [];
    reader.open(1);
    while (!reader.isClosing(1)) {
      const property = reader.contextUnsigned(2);
      const index = reader.tryContextUnsigned(3);
      const ref = index === undefined ? { property } : { property, index };
      if (reader.tryOpen(4)) results.push({ ...ref, values: reader.valuesUntil(4) });
      else {
        reader.open(5);
        results.push({ ...ref, error: readError(reader) });
        reader.close(5);
      }
    }
    reader.close(1);
    objects.push({ object, results });
  }
  return objects;
}

export interface PropertyWrite extends ObjectProperty {
  readonly values: readonly BacnetValue[];
  /** Absent means 16 at the device. */
  readonly priority?: number;
}

export function encodeWriteProperty(write: PropertyWrite): Buffer {
  const writer = new TagWriter(64).contextObject(0, write.object).contextUnsigned(1, write.property);
  if (write.index !== undefined) writer.contextUnsigned(2, write.index);
  writer.open(3).values(write.values).close(3);
  if (write.priority !== undefined) writer.contextUnsigned(4, write.priority);
  return writer.bytes();
}

export function decodeWriteProperty(data: Buffer): PropertyWrite {
  const reader = new TagReader(data);
  const target = readObjectProperty(reader);
  reader.open(3);
  const values = reader.valuesUntil(3);
  const priority = reader.tryContextUnsigned(4);
  return { ...target, values, ...(priority !== undefined && { priority: checkedPriority(priority) }) };
}

export function encodeWriteMultiple(writes: readonly PropertyWrite[]): Buffer {
  const writer = new TagWriter(256);
  for (const write of writes) {
    writer.contextObject(0, write.object).open(1).contextUnsigned(0, write.property);
    if (write.index !== undefined) writer.contextUnsigned(1, write.index);
    writer.open(2).values(write.values).close(2);
    if (write.priority !== undefined) writer.contextUnsigned(3, write.priority);
    writer.close(1);
  }
  return writer.bytes();
}

export function decodeWriteMultiple(data: Buffer): PropertyWrite[] {
  const reader = new TagReader(data);
  const writes: PropertyWrite[] = [];
  while (!reader.atEnd) {
    const object = reader.contextObject(0);
    reader.open(1);
    while (!reader.isClosing(1)) {
      const property = reader.contextUnsigned(0);
      const index = reader.tryContextUnsigned(1);
      reader.open(2);
      const values = reader.valuesUntil(2);
      const priority = reader.tryContextUnsigned(3);
      writes.push({
        object,
        property,
        values,
        ...(index !== undefined && { index }),
        ...(priority !== undefined && { priority: checkedPriority(priority) }),
      });
    }
    reader.close(1);
  }
  return writes;
}

/** The error every service may answer with; some services wrap it once more. */
export function decodeError(data: Buffer): BacnetError {
  const reader = new TagReader(data);
  return reader.tryOpen(0) ? readError(reader) : readError(reader);
}

export function encodeError(error: BacnetError): Buffer {
  return writeError(new TagWriter(8), error).bytes();
}

export function readError(reader: TagReader): BacnetError {
  return { errorClass: reader.expect("enumerated").value, errorCode: reader.expect("enumerated").value };
}

export function writeError(writer: TagWriter, error: BacnetError): TagWriter {
  return writer.value({ type: "enumerated", value: error.errorClass }).value({ type: "enumerated", value: error.errorCode });
}

function readObjectProperty(reader: TagReader): ObjectProperty {
  const object = reader.contextObject(0);
  const property = reader.contextUnsigned(1);
  const index = reader.tryContextUnsigned(2);
  return index === undefined ? { object, property } : { object, property, index };
}

function checkedPriority(priority: number): number {
  if (priority < 1 || priority > 16) throw new Malformed(`priority ${priority}`);
  return priority;
}
