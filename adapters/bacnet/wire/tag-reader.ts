import { Malformed } from "./malformed.ts";
import { applicationValue, bitsOf, dateOf, objectOf, realOf, safeUnsigned, signedOf, textOf, timeOf } from "./primitive.ts";
import type { BacnetValue, ObjectId, RawDate, RawTime } from "./value.ts";

/** Deeper nesting than any standard property has; a message that goes on beyond it was made to hurt. */
const maxDepth = 24;

/**
 * Reads tagged data front to back. Every length is checked against what is there before it is believed: the library's own
 * tag functions read past the end in silence and hand back zeros.
 */
export class TagReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  /** Fields of the tag that comes next, worked out once by `#peek`. */
  #peeked = -1;
  #number = 0;
  #context = false;
  #kind: "content" | "opening" | "closing" = "content";
  #length = 0;
  #contentAt = 0;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get atEnd(): boolean {
    return this.#at >= this.#end;
  }

  get position(): number {
    return this.#at;
  }

  isContext(tag: number): boolean {
    return !this.atEnd && this.#peek() === "content" && this.#context && this.#number === tag;
  }

  isOpening(tag: number): boolean {
    return !this.atEnd && this.#peek() === "opening" && this.#number === tag;
  }

  isClosing(tag: number): boolean {
    return !this.atEnd && this.#peek() === "closing" && this.#number === tag;
  }

  open(tag: number): void {
    if (!this.isOpening(tag)) throw new Malformed(`opening tag ${tag} expected at ${this.#at}`);
    this.#at = this.#contentAt;
  }

  close(tag: number): void {
    if (!this.isClosing(tag)) throw new Malformed(`closing tag ${tag} expected at ${this.#at}`);
    this.#at = this.#contentAt;
  }

  tryOpen(tag: number): boolean {
    if (!this.isOpening(tag)) return false;
    this.#at = this.#contentAt;
    return true;
  }

  contextUnsigned(tag: number): number {
    const content = this.#contextContent(tag);
    return safeUnsigned(this.#bytes, content.at, content.length);
  }

  tryContextUnsigned(tag: number): number | undefined {
    return this.isContext(tag) ? this.contextUnsigned(tag) : undefined;
  }

  contextSigned(tag: number): number {
    const content = this.#contextContent(tag);
    return Number(signedOf(this.#bytes, content.at, content.length));
  }

  contextObject(tag: number): ObjectId {
    const content = this.#contextContent(tag);
    return objectOf(this.#bytes, content.at, content.length);
  }

  contextBoolean(tag: number): boolean {
    return this.contextUnsigned(tag) !== 0;
  }

  contextReal(tag: number): number {
    const content = this.#contextContent(tag);
    return realOf(this.#bytes, content.at, content.length);
  }

  contextText(tag: number): string {
    const content = this.#contextContent(tag);
    return textOf(this.#bytes, content.at, content.length);
  }

  contextBits(tag: number): readonly boolean[] {
    const content = this.#contextContent(tag);
    return bitsOf(this.#bytes, content.at, content.length);
  }

  contextTime(tag: number): RawTime {
    const content = this.#contextContent(tag);
    return timeOf(this.#bytes, content.at, content.length);
  }

  contextDate(tag: number): RawDate {
    const content = this.#contextContent(tag);
    return dateOf(this.#bytes, content.at, content.length);
  }

  contextOctets(tag: number): Uint8Array {
    const content = this.#contextContent(tag);
    return Uint8Array.from(this.#bytes.subarray(content.at, content.at + content.length));
  }

  /** One element of whatever kind. */
  value(depth = 0): BacnetValue {
    if (this.atEnd) throw new Malformed("a value was expected and nothing is left");
    if (depth > maxDepth) throw new Malformed("nested too deeply");
    const kind = this.#peek();
    if (kind === "closing") throw new Malformed(`closing tag ${this.#number} where a value was expected`);
    const tag = this.#number;
    if (kind === "opening") {
      this.#at = this.#contentAt;
      return { type: "group", tag, items: this.valuesUntil(tag, depth + 1) };
    }
    const at = this.#contentAt;
    const length = this.#length;
    const context = this.#context;
    this.#at = at + (tag === 1 && !context ? 0 : length);
    if (context) return { type: "context", tag, value: Uint8Array.from(this.#bytes.subarray(at, at + length)) };
    return applicationValue(this.#bytes, tag, at, length);
  }

  /** Everything up to the closing tag, which is consumed. */
  valuesUntil(tag: number, depth = 0): BacnetValue[] {
    const values: BacnetValue[] = [];
    while (!this.isClosing(tag)) values.push(this.value(depth));
    this.#at = this.#contentAt;
    return values;
  }

  /** An application-tagged element of exactly this type. */
  expect<T extends BacnetValue["type"]>(type: T): Extract<BacnetValue, { type: T }> {
    const value = this.value();
    if (value.type !== type) throw new Malformed(`${type} expected, ${value.type} found`);
    return value as Extract<BacnetValue, { type: T }>;
  }

  #contextContent(tag: number): { at: number; length: number } {
    if (!this.isContext(tag)) throw new Malformed(`context tag ${tag} expected at ${this.#at}`);
    const content = { at: this.#contentAt, length: this.#length };
    this.#at = content.at + content.length;
    return content;
  }

  #peek(): "content" | "opening" | "closing" {
    if (this.#peeked === this.#at) return this.#kind;
    let at = this.#at;
    const first = this.#byte(at++);
    this.#number = first >> 4;
    if (this.#number === 15) this.#number = this.#byte(at++);
    this.#context = (first & 0x08) !== 0;
    const low = first & 0x07;
    this.#kind = this.#context && low === 6 ? "opening" : this.#context && low === 7 ? "closing" : "content";
    let length = this.#kind === "content" ? low : 0;
    if (this.#kind === "content" && low === 5) {
      length = this.#byte(at++);
      if (length === 254) {
        length = this.#byte(at) * 0x100 + this.#byte(at + 1);
        at += 2;
      } else if (length === 255) {
        length = this.#byte(at) * 0x100_0000 + this.#byte(at + 1) * 0x1_0000 + this.#byte(at + 2) * 0x100 + this.#byte(at + 3);
        at += 4;
      }
    } else if (this.#kind === "content" && low > 5) throw new Malformed("an application tag cannot open or close");
    // An application boolean keeps its value where others keep their length.
    const inside = this.#number === 1 && !this.#context ? 0 : length;
    if (at + inside > this.#end) throw new Malformed(`a value of ${inside} octets does not fit into what is left`);
    this.#length = length;
    this.#contentAt = at;
    this.#peeked = this.#at;
    return this.#kind;
  }

  #byte(at: number): number {
    if (at >= this.#end) throw new Malformed("cut off inside a tag");
    return this.#bytes[at]!;
  }
}
