import { DefinitionError, isPrimitive, type Definition } from "./definition.ts";
import { fullName } from "./names.ts";
import { parseIdl } from "./parse-idl.ts";
import { parseAction, parseMessage, parseService } from "./parse-msg.ts";

/** A type that is not known, said with what would help. */
export class UnknownType extends Error {
  override readonly name = "UnknownType";
}

/** Definitions one registry takes; a folder of more is not a folder of interfaces. */
const maxDefinitions = 20_000;

/** All message, service and action types known at the moment. Later definitions of the same name replace earlier ones. */
export class TypeRegistry {
  private readonly definitions = new Map<string, Definition>();
  private readonly serviceNames = new Set<string>();
  private readonly actionNames = new Set<string>();

  /** Takes the text of a `.msg`, `.srv` or `.action` file of a package. */
  add(pack: string, kind: "msg" | "srv" | "action", name: string, text: string): void {
    const full = `${pack}/${kind}/${name}`;
    if (kind === "msg") this.keep([parseMessage(full, text)]);
    else if (kind === "srv") {
      this.keep(parseService(full, text));
      this.serviceNames.add(full);
    } else {
      this.keep(parseAction(full, text));
      this.actionNames.add(full);
    }
  }

  addIdl(text: string): void {
    this.keep(parseIdl(text));
  }

  /** Takes several definitions in one text, each under a line of `=` and a line `MSG: package/Name` (`SRV:` and `ACTION:` likewise). */
  addBundle(text: string): void {
    const kinds = { MSG: "msg", SRV: "srv", ACTION: "action" } as const;
    for (const part of text.split(/^={40,}\s*$/m)) {
      const match = /^\s*(MSG|SRV|ACTION): *(\w+)\/(?:\w+\/)?(\w+)[^\n]*\n?([\s\S]*)$/.exec(part);
      if (match !== null) this.add(match[2]!, kinds[match[1] as keyof typeof kinds], match[3]!, match[4]!);
    }
  }

  has(name: string): boolean {
    return this.definitions.has(fullName(name));
  }

  get(name: string): Definition {
    const definition = this.definitions.get(fullName(name));
    if (definition !== undefined) return definition;
    throw new UnknownType(`the type ${name} is not known: put its .msg into the folder of custom types`);
  }

  /** Every other type the definition needs, directly or through others, in order of names. */
  dependencies(name: string): Definition[] {
    const found = new Map<string, Definition>();
    const walk = (definition: Definition) => {
      for (const { type } of definition.fields) {
        if (isPrimitive(type) || found.has(type)) continue;
        const nested = this.get(type);
        found.set(nested.name, nested);
        walk(nested);
      }
    };
    const root = this.get(name);
    walk(root);
    if (found.has(root.name)) throw new DefinitionError(`${root.name} contains itself`);
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  messages(): string[] {
    return [...this.definitions.keys()].filter((name) => name.includes("/msg/")).sort();
  }

  services(): string[] {
    return [...this.serviceNames].sort();
  }

  actions(): string[] {
    return [...this.actionNames].sort();
  }

  /** Whether the other registry knows the same types in the same words. */
  equals(other: TypeRegistry): boolean {
    return (
      this.definitions.size === other.definitions.size &&
      [...this.definitions].every(([name, definition]) => textOf(definition) === textOf(other.definitions.get(name)))
    );
  }

  private keep(definitions: readonly Definition[]): void {
    for (const definition of definitions) this.definitions.set(definition.name, definition);
    if (this.definitions.size > maxDefinitions) throw new DefinitionError(`more than ${maxDefinitions} definitions`);
  }
}

function textOf(definition: Definition | undefined): string | undefined {
  return JSON.stringify(definition, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
}
