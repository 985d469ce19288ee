/** Types that a message carries directly. `byte` and `char` are octets with names of their own in ROS. */
export const primitives = [
  "bool",
  "byte",
  "char",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "float32",
  "float64",
  "string",
  "wstring",
] as const;
export type Primitive = (typeof primitives)[number];

/** One value, an array of fixed length, or a sequence of any or bounded length. */
export type Shape =
  | { readonly kind: "one" }
  | { readonly kind: "array"; readonly length: number }
  | { readonly kind: "sequence"; readonly bound: number | undefined };

export type Initial = number | bigint | boolean | string | readonly (number | boolean | string)[];

export interface Field {
  readonly name: string;
  /** A primitive, or the full name of another message (`std_msgs/msg/Header`). */
  readonly type: Primitive | (string & {});
  readonly stringBound: number | undefined;
  readonly shape: Shape;
  /** What a writer that says nothing sends. */
  readonly initial: Initial | undefined;
}

export interface Constant {
  readonly name: string;
  readonly type: Primitive;
  readonly value: number | bigint | boolean | string;
}

/** A message, or one half of a service, under its full name: `package/msg/Name`. */
export interface Definition {
  readonly name: string;
  readonly fields: readonly Field[];
  readonly constants: readonly Constant[];
}

export function isPrimitive(type: string): type is Primitive {
  return (primitives as readonly string[]).includes(type);
}

/** A definition that cannot be read, with the place in it. */
export class DefinitionError extends Error {
  override readonly name = "DefinitionError";
}
