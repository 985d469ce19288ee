/** A packet or a payload that does not follow the specification. Counted and dropped; it never ends anything. */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

export function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Malformed(what);
}
