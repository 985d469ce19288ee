import { Type } from "#msgs/schema/type.ts";
import type { CheckInterlock } from "./cross-check.ts";
import { loadSite } from "./load-site.ts";
import type { Loaded } from "./load-site.ts";
import { formatProblem } from "./problem.ts";
import type { Site } from "./site.ts";
import type { AdapterModule, Problem } from "#src/contract/adapter.ts";

const Link = Type.Object({
  host: Type.String({ minLength: 1, description: "Where it is." }),
  port: Type.Integer({ minimum: 1, maximum: 65535, default: 502, description: "Its port." }),
  password: Type.Optional(Type.String({ description: "What it wants to hear." })),
});

const Device = Type.Object({ unitId: Type.Integer({ minimum: 0, maximum: 255, default: 1, description: "Its number behind the link." }) });

/** A protocol for tests of this folder: addresses look like `hr:12`. */
export const fakeModule: AdapterModule<typeof Link, typeof Device> = {
  protocol: "modbus",
  title: "A made-up protocol",
  link: Link,
  device: Device,
  adminMethods: ["factory-reset"],
  check(config) {
    return config.devices.flatMap((device, i) =>
      device.bindings.flatMap((binding, j): Problem[] =>
        /^(hr|co):\d+$/.test(binding.address)
          ? []
          : [{ path: ["devices", i, "bindings", j, "address"], message: `"${binding.address}" is not an address; write hr:12 or co:3` }],
      ),
    );
  },
  create() {
    throw new Error("broken assumption: this protocol is only described");
  },
};

interface Outside {
  readonly env?: Record<string, string>;
  readonly files?: Record<string, string>;
  readonly checkInterlock?: CheckInterlock;
}

/** Loads a site text with that protocol and an outside made of plain objects. */
export function loadText(text: string, outside: Outside = {}): Loaded {
  return loadSite(text, {
    ...(outside.checkInterlock && { checkInterlock: outside.checkInterlock }),
    modules: [fakeModule],
    env: outside.env ?? {},
    path: "plainview.yaml",
    readFile: (name) => {
      const found = outside.files?.[name];
      if (found === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return found;
    },
  });
}

export function siteOf(text: string, outside?: Outside): Site {
  const loaded = loadText(text, outside);
  if ("problems" in loaded) throw new Error(loaded.problems.map((problem) => formatProblem("plainview.yaml", problem)).join("\n"));
  return loaded.site;
}

export function problemsOf(text: string, outside?: Outside): string[] {
  const loaded = loadText(text, outside);
  return "problems" in loaded ? loaded.problems.map((problem) => formatProblem("plainview.yaml", problem)) : [];
}
