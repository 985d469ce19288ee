import { confirmed } from "../wire/services/choices.ts";
import {
  decodeReadMultiple,
  decodeReadProperty,
  decodeWriteMultiple,
  decodeWriteProperty,
  encodeReadMultipleAck,
  encodeReadPropertyAck,
  type PropertyWrite,
  type ReadMultipleResult,
  type ReadSpec,
} from "../wire/services/property-access.ts";
import { ServiceRefusal } from "../transaction/responder.ts";
import { anyInstance, objectKey, type ObjectId, type PropertyRef, type PropertyResult } from "../wire/value.ts";
import { ErrorClass, ErrorCode, ObjectType, PropertyIdentifier } from "../wire/vocabulary.ts";
import { listed, readProperty, refusal, writeProperty, type ServedObject } from "./property.ts";

/** Reads and writes of properties, one or many at a time, on a set of served objects. */
export class PropertyAccess {
  readonly #objects: ReadonlyMap<number, ServedObject>;
  readonly #device: ObjectId;
  readonly #written: (write: PropertyWrite, from: string) => void;

  constructor(objects: ReadonlyMap<number, ServedObject>, device: ObjectId, written: (write: PropertyWrite, from: string) => void) {
    this.#objects = objects;
    this.#device = device;
    this.#written = written;
  }

  serve(service: number, data: Buffer, from: string): Buffer | undefined | Promise<Buffer | undefined> {
    switch (service) {
      case confirmed.readProperty: {
        const asked = decodeReadProperty(data);
        const object = this.#object(asked.object);
        return encodeReadPropertyAck({ ...asked, object: object.id, values: readProperty(object, asked.property, asked.index) });
      }
      case confirmed.readPropertyMultiple:
        return encodeReadMultipleAck(decodeReadMultiple(data).map((spec) => this.#readAll(spec)));
      case confirmed.writeProperty:
        return this.#write([decodeWriteProperty(data)], from);
      default:
        return this.#write(decodeWriteMultiple(data), from);
    }
  }

  async #write(writes: readonly PropertyWrite[], from: string): Promise<undefined> {
    for (const write of writes) {
      const how = {
        from,
        ...(write.priority !== undefined && { priority: write.priority }),
        ...(write.index !== undefined && { index: write.index }),
      };
      await writeProperty(this.#object(write.object), write.property, write.values, how);
      this.#written(write, from);
    }
    return undefined;
  }

  #object(id: ObjectId): ServedObject {
    const wanted = id.type === ObjectType.DEVICE && id.instance === anyInstance ? this.#device : id;
    const object = this.#objects.get(objectKey(wanted));
    if (!object) throw refusal(ErrorClass.OBJECT, ErrorCode.UNKNOWN_OBJECT);
    return object;
  }

  #readAll(spec: ReadSpec): ReadMultipleResult {
    const wanted = spec.object.type === ObjectType.DEVICE && spec.object.instance === anyInstance ? this.#device : spec.object;
    const object = this.#objects.get(objectKey(wanted));
    const refs = object ? spec.properties.flatMap((ref) => expanded(object, ref)) : spec.properties;
    return {
      object: wanted,
      results: refs.map((ref): PropertyResult => {
        if (!object) return { ...ref, error: { errorClass: ErrorClass.OBJECT, errorCode: ErrorCode.UNKNOWN_OBJECT } };
        try {
          return { ...ref, values: readProperty(object, ref.property, ref.index) };
        } catch (error) {
          if (error instanceof ServiceRefusal && error.refusal.kind === "error") return { ...ref, error: error.refusal };
          throw error;
        }
      }),
    };
  }
}

function expanded(object: ServedObject, ref: PropertyRef): readonly PropertyRef[] {
  const { property } = ref;
  if (property !== PropertyIdentifier.ALL && property !== PropertyIdentifier.REQUIRED && property !== PropertyIdentifier.OPTIONAL)
    return [ref];
  if (property === PropertyIdentifier.OPTIONAL)
    return object.properties.has(PropertyIdentifier.DESCRIPTION) ? [{ property: PropertyIdentifier.DESCRIPTION }] : [];
  return listed(object).map((one) => ({ property: one }));
}
