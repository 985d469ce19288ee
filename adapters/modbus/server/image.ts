import type { Value } from "#msgs/point.ts";
import { isGood, quality } from "#msgs/quality.ts";
import type { LatestValue, LatestValues } from "#src/contract/gateway.ts";
import { assert } from "#src/kit/errors.ts";
import { isBitTable, parseAddress, widthOf, type Address, type Table } from "../address.ts";
import { encode, RegisterDecoder, shapeOf, type Shape } from "../codec.ts";
import type { ExposedPoint } from "./config.ts";

/** A write that a request asks for, as the desk will be told it. */
export interface WantedWrite {
  readonly point: string;
  readonly value: Value;
}

/** An exception number: why a request is refused. */
export type Refusal = number;
const illegalAddress: Refusal = 2;
const illegalValue: Refusal = 3;
const deviceFailure: Refusal = 4;

interface Place {
  readonly exposed: ExposedPoint;
  readonly shape: Shape;
  readonly first: number;
  readonly width: number;
  readonly showsQuality: boolean;
}

/**
 * The four tables as a client sees them. Nothing is kept: every read asks for the newest value and its quality at that moment,
 * so a link that went down shows at once. Addresses nobody is shown at read as zero beside ones that are, because old clients
 * read in blocks; a block of nothing is refused.
 */
export class RegisterImage {
  private readonly places: Readonly<Record<Table, Map<number, Place>>> = {
    coil: new Map(),
    discrete: new Map(),
    input: new Map(),
    holding: new Map(),
  };
  private readonly latest: LatestValues;
  private readonly decoder = new RegisterDecoder();

  constructor(points: readonly ExposedPoint[], latest: LatestValues) {
    this.latest = latest;
    for (const exposed of points) {
      this.put(exposed, exposed.address, false);
      if (exposed.qualityAt !== undefined) this.put(exposed, exposed.qualityAt, true);
    }
  }

  readBits(table: "coil" | "discrete", at: number, count: number): readonly boolean[] | Refusal {
    const places = this.within(table, at, count);
    if (typeof places === "number") return places;
    const bits = new Array<boolean>(count).fill(false);
    for (const place of places) {
      const value = this.valueOf(place);
      if (value === undefined) return deviceFailure;
      bits[place.first - at] = value !== 0 && value !== false;
    }
    return bits;
  }

  readRegisters(table: "input" | "holding", at: number, count: number): Buffer | Refusal {
    const places = this.within(table, at, count);
    if (typeof places === "number") return places;
    const bytes = Buffer.alloc(count * 2);
    for (const place of places) {
      const shown = this.bytesOf(place);
      if (!shown) return deviceFailure;
      // A block may begin or end inside a wide value.
      const from = Math.max(at, place.first);
      const to = Math.min(at + count, place.first + place.width);
      shown.copy(bytes, (from - at) * 2, (from - place.first) * 2, (to - place.first) * 2);
    }
    return bytes;
  }

  writeBits(at: number, values: readonly boolean[]): readonly WantedWrite[] | Refusal {
    const places = this.writable("coil", at, values.length);
    if (typeof places === "number") return places;
    return places.map((place) => ({ point: place.exposed.point, value: values[place.first - at]! }));
  }

  /** Whole values only: half a float would be a number nobody meant. */
  writeRegisters(at: number, bytes: Buffer): readonly WantedWrite[] | Refusal {
    const places = this.writable("holding", at, bytes.length / 2);
    if (typeof places === "number") return places;
    const writes: WantedWrite[] = [];
    for (const { exposed, shape, first } of places) {
      const { raw } = this.decoder.decode(shape, bytes, (first - at) * 2);
      if (raw === null) return illegalValue;
      writes.push({ point: exposed.point, value: typeof raw === "number" ? raw * (exposed.gain ?? 1) + (exposed.offset ?? 0) : raw });
    }
    return writes;
  }

  private put(exposed: ExposedPoint, text: string, showsQuality: boolean): void {
    const parsed = parseAddress(text);
    assert("address" in parsed, `${text} has passed check`);
    const { address } = parsed;
    const place = { exposed, shape: shapeOf(address, "abcd", kindOf(address)), first: address.at, width: widthOf(address), showsQuality };
    for (let offset = 0; offset < place.width; offset++) this.places[address.table].set(address.at + offset, place);
  }

  private within(table: Table, at: number, count: number): readonly Place[] | Refusal {
    if (at + count > 65_536) return illegalAddress;
    const found = new Set<Place>();
    for (let offset = 0; offset < count; offset++) {
      const place = this.places[table].get(at + offset);
      if (place) found.add(place);
    }
    return found.size === 0 ? illegalAddress : [...found];
  }

  private writable(table: "coil" | "holding", at: number, count: number): readonly Place[] | Refusal {
    const places = this.within(table, at, count);
    if (typeof places === "number") return places;
    const covered = places.reduce((sum, place) => sum + place.width, 0);
    if (places.some((place) => place.exposed.writable !== true || place.showsQuality)) return illegalAddress;
    const isWhole = places.every((place) => place.first >= at && place.first + place.width <= at + count);
    return isWhole && covered === count ? places : illegalValue;
  }

  private bytesOf(place: Place): Buffer | undefined {
    if (place.showsQuality) {
      const byte = this.latest.get(place.exposed.point)?.quality ?? quality.badNoValue;
      return Buffer.from([0, byte]);
    }
    const value = this.valueOf(place);
    if (value === undefined) return undefined;
    const encoded = encode(place.shape, this.scaled(place, value));
    return typeof encoded === "string" ? undefined : encoded;
  }

  /** Undefined when there is nothing honest to show. */
  private valueOf(place: Place): Value | undefined {
    const newest = this.latest.get(place.exposed.point);
    if (!newest) return undefined;
    if (isGood(newest.quality) && newest.value !== null) return newest.value;
    return place.exposed.whenBad === "hold" ? heldValue(newest) : undefined;
  }

  private scaled({ exposed, shape }: Place, value: Value): Value {
    if (typeof value !== "number") return value;
    const raw = (value - (exposed.offset ?? 0)) / (exposed.gain ?? 1);
    return shape.address.type === "f32" || shape.address.type === "f64" ? raw : Math.round(raw);
  }
}

function heldValue(newest: LatestValue): Value | undefined {
  return newest.value ?? newest.lastGood?.value;
}

function kindOf(address: Address): "boolean" | "text" | "number" {
  if (isBitTable(address.table)) return "boolean";
  return address.type === "string" ? "text" : "number";
}
