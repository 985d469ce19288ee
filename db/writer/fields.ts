/** Microseconds between 1970 and 2000, where PostgreSQL begins to count. */
const postgresEpochUs = 946_684_800_000_000;
const two32 = 4_294_967_296;

/** Values in PostgreSQL's binary form, one after the other: each is its length and its bytes, big-endian; a length of −1 is null. */
export class Fields {
  protected buffer: Buffer;
  protected view: DataView;
  protected at = 0;

  constructor(room: number) {
    this.buffer = Buffer.from(new ArrayBuffer(room));
    this.view = new DataView(this.buffer.buffer);
  }

  int2(value: number): void {
    const at = this.#field(2);
    this.view.setInt16(at, value);
  }

  int4(value: number): void {
    const at = this.#field(4);
    this.view.setInt32(at, value);
  }

  int8(value: number | null): void {
    if (value === null) return this.null();
    const at = this.#field(8);
    this.wide(at, value);
  }

  float8(value: number | null): void {
    if (value === null) return this.null();
    const at = this.#field(8);
    this.view.setFloat64(at, value);
  }

  bool(value: boolean): void {
    const at = this.#field(1);
    this.view.setInt8(at, value ? 1 : 0);
  }

  /** Whole microseconds since 1970. */
  time(us: number | null): void {
    if (us === null) return this.null();
    const at = this.#field(8);
    this.timeAt(at, us);
  }

  text(value: string | null | undefined): void {
    if (value === null || value === undefined) return this.null();
    this.bytes(Buffer.from(storable(value), "utf8"));
  }

  bytes(value: Uint8Array): void {
    const at = this.#field(value.length);
    this.buffer.set(value, at);
  }

  /** A jsonb is its text with a version byte before it. */
  json(value: unknown): void {
    if (value === undefined) return this.null();
    const text = Buffer.from(storableJson(value), "utf8");
    const at = this.#field(text.length + 1);
    this.buffer[at] = 1;
    this.buffer.set(text, at + 1);
  }

  uuid(value: string): void {
    this.bytes(Buffer.from(value.replaceAll("-", ""), "hex"));
  }

  null(): void {
    this.room(4);
    this.view.setInt32(this.at, -1);
    this.at += 4;
  }

  protected wide(at: number, value: number): void {
    const high = Math.floor(value / two32);
    this.view.setInt32(at, high);
    this.view.setUint32(at + 4, value - high * two32);
  }

  protected timeAt(at: number, us: number): void {
    this.wide(at, us - postgresEpochUs);
  }

  protected room(more: number): void {
    if (this.at + more <= this.buffer.length) return;
    const written = this.buffer.subarray(0, this.at);
    this.replace(Math.max(this.buffer.length * 2, this.at + more));
    this.buffer.set(written);
  }

  protected replace(room: number): void {
    this.buffer = Buffer.from(new ArrayBuffer(room));
    this.view = new DataView(this.buffer.buffer);
  }

  #field(length: number): number {
    this.room(4 + length);
    this.view.setInt32(this.at, length);
    const start = this.at + 4;
    this.at = start + length;
    return start;
  }
}

/** PostgreSQL's text knows no NUL and no half of a character pair; the recording beside it keeps what was really there. */
export function storable(text: string): string {
  return text.includes("\0") || !text.isWellFormed() ? text.replaceAll("\0", "\ufffd").toWellFormed() : text;
}

function storableJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  if (!/\\u(0000|d[89a-f])/i.test(text)) return text;
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === "string") return storable(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).map(([name, field]) => [storable(name), field]));
  });
}
