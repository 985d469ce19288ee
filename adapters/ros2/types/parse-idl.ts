import { DefinitionError, type Constant, type Definition, type Field, type Primitive, type Shape } from "./definition.ts";

/** IDL spellings of primitives; `char` and `octet` differ in ROS only by their name. */
const idlPrimitives: Readonly<Record<string, Primitive>> = {
  boolean: "bool",
  octet: "byte",
  char: "char",
  int8: "int8",
  uint8: "uint8",
  int16: "int16",
  uint16: "uint16",
  int32: "int32",
  uint32: "uint32",
  int64: "int64",
  uint64: "uint64",
  short: "int16",
  "unsigned short": "uint16",
  long: "int32",
  "unsigned long": "uint32",
  "long long": "int64",
  "unsigned long long": "uint64",
  float: "float32",
  double: "float64",
  string: "string",
  wstring: "wstring",
};

type TypeUse = Pick<Field, "type" | "stringBound" | "shape">;

/**
 * Reads the part of IDL that ROS interfaces are written in: modules, structs, constants, and typedefs of arrays and
 * sequences. Anything else (unions, enumerations, interfaces) is refused with its place.
 */
export function parseIdl(text: string): Definition[] {
  return new IdlParser(tokens(text)).parse();
}

interface Token {
  readonly text: string;
  readonly line: number;
}

const tokenPattern =
  /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|"(?:[^"\\]|\\.)*"|::|[A-Za-z_]\w*|[+-]?(?:0x[0-9a-fA-F]+|\d[\d.eE+-]*)|[{}()<>[\],;=@:]/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let line = 1;
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex;
    const token = tokenPattern.exec(text)?.[0];
    if (token === undefined) throw new DefinitionError(`line ${line}: cannot read "${text.slice(at, at + 20)}"`);
    if (!/^(\s|\/\/|\/\*|#)/.test(token)) found.push({ text: token, line });
    line += token.split("\n").length - 1;
  }
  return found;
}

class IdlParser {
  private readonly input: readonly Token[];
  private readonly definitions: Definition[] = [];
  private readonly typedefs = new Map<string, TypeUse>();
  private readonly constants = new Map<string, Constant[]>();
  private at = 0;

  constructor(input: readonly Token[]) {
    this.input = input;
  }

  parse(): Definition[] {
    while (this.at < this.input.length) this.item([]);
    // Constants of a message live in a module beside it, named after it.
    return this.definitions.map((definition) => ({ ...definition, constants: this.constants.get(`${definition.name}_Constants`) ?? [] }));
  }

  private item(scope: readonly string[]): void {
    this.annotations();
    const keyword = this.take();
    switch (keyword) {
      case "module": {
        const inner = [...scope, this.take()];
        this.expect("{");
        while (this.peek() !== "}") this.item(inner);
        this.expect("}");
        break;
      }
      case "struct":
        this.struct(scope);
        break;
      case "typedef": {
        const use = this.typeUse(scope);
        const name = this.take();
        this.typedefs.set(name, { ...use, shape: this.arrayShape() ?? use.shape });
        break;
      }
      case "const":
        this.constant(scope);
        break;
      default:
        throw this.error(`"${keyword}" is not supported here`);
    }
    if (this.peek() === ";") this.take();
  }

  private struct(scope: readonly string[]): void {
    const name = [...scope, this.take()].join("/");
    const fields: Field[] = [];
    this.expect("{");
    for (;;) {
      this.annotations();
      if (this.peek() === "}") break;
      const use = this.typeUse(scope);
      const field = this.take();
      const shape = this.arrayShape() ?? use.shape;
      if (field !== "structure_needs_at_least_one_member") fields.push({ name: field, ...use, shape, initial: undefined });
      this.expect(";");
    }
    this.expect("}");
    this.definitions.push({ name, fields, constants: [] });
  }

  private constant(scope: readonly string[]): void {
    const use = this.typeUse(scope);
    const name = this.take();
    this.expect("=");
    const text = this.take();
    const value = text.startsWith('"') ? text.slice(1, -1) : text === "TRUE" ? true : text === "FALSE" ? false : Number(text);
    const owner = scope.join("/");
    this.constants.set(owner, [...(this.constants.get(owner) ?? []), { name, type: use.type as Primitive, value }]);
  }

  private typeUse(scope: readonly string[]): TypeUse {
    let name = this.take();
    if (name === "sequence") return this.sequence(scope);
    while (this.peek() === "long" || this.peek() === "short") name += ` ${this.take()}`;
    while (this.peek() === "::") {
      this.take();
      name += `/${this.take()}`;
    }
    const one: Shape = { kind: "one" };
    const primitive = idlPrimitives[name];
    if (primitive !== undefined) {
      let stringBound: number | undefined;
      if (this.peek() === "<") {
        this.take();
        stringBound = this.count();
        this.expect(">");
      }
      return { type: primitive, stringBound, shape: one };
    }
    const known = this.typedefs.get(name.split("/").at(-1)!);
    if (known !== undefined) return known;
    return { type: name.includes("/") ? name : [...scope, name].join("/"), stringBound: undefined, shape: one };
  }

  private sequence(scope: readonly string[]): TypeUse {
    this.expect("<");
    const element = this.typeUse(scope);
    let bound: number | undefined;
    if (this.peek() === ",") {
      this.take();
      bound = this.count();
    }
    this.expect(">");
    if (element.shape.kind !== "one") throw this.error("a sequence of sequences is not a ROS type");
    return { ...element, shape: { kind: "sequence", bound } };
  }

  private arrayShape(): Shape | undefined {
    if (this.peek() !== "[") return undefined;
    this.take();
    const length = this.count();
    this.expect("]");
    return { kind: "array", length };
  }

  private annotations(): void {
    while (this.peek() === "@") {
      this.take();
      this.take();
      if (this.peek() !== "(") continue;
      for (let depth = 0; ;) {
        const token = this.take();
        if (token === "(") depth++;
        if (token === ")" && --depth === 0) break;
      }
    }
  }

  private count(): number {
    const value = Number(this.take());
    if (!Number.isInteger(value) || value < 0) throw this.error("expected a count");
    return value;
  }

  private peek(): string | undefined {
    return this.input[this.at]?.text;
  }

  private take(): string {
    const token = this.input[this.at++];
    if (token === undefined) throw new DefinitionError("the file ends in the middle of something");
    return token.text;
  }

  private expect(text: string): void {
    const found = this.take();
    if (found !== text) throw this.error(`expected "${text}", found "${found}"`);
  }

  private error(what: string): DefinitionError {
    return new DefinitionError(`line ${this.input[this.at - 1]?.line ?? 0}: ${what}`);
  }
}
