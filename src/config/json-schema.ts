import type { TSchema } from "#msgs/schema/type.ts";
import type { AdapterModule } from "#src/contract/adapter.ts";
import { AdapterOwn, DeviceOwn, PointEntrySchema, SiteRest } from "./schema.ts";
import type { SchemaNode } from "./shape.ts";

/** JSON Schema of the site file for editors: completion, descriptions, red lines while typing. */
export function siteJsonSchema(modules: readonly AdapterModule[]): Readonly<Record<string, unknown>> {
  const rest = properties(SiteRest);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "plainview.yaml",
    description: "A site for Plainview.",
    type: "object",
    required: ["site"],
    additionalProperties: false,
    properties: {
      ...Object.fromEntries(Object.entries(rest).map(([key, node]) => [key, forEditors(node)])),
      templates: templatesNode(modules),
      adapters: { type: "array", description: "Links to the outside.", items: { anyOf: modules.map(adapterNode) } },
    },
  };
}

function adapterNode(module: AdapterModule): unknown {
  const { protocol: _, ...own } = properties(AdapterOwn);
  return {
    type: "object",
    title: module.title,
    required: ["id", "protocol"],
    additionalProperties: false,
    properties: {
      protocol: { const: module.protocol, description: module.title },
      ...editable(own),
      ...editable(properties(module.link)),
      devices: { type: "array", description: "What is reached through this link.", items: deviceNode([module], ["id"]) },
    },
  };
}

/** Only the id is always written: a template may bring the rest. */
function deviceNode(modules: readonly AdapterModule[], required: readonly string[]): unknown {
  const { points: _, ...own } = properties(DeviceOwn);
  const theirs = Object.assign({}, ...modules.map((module) => properties(module.device))) as Record<string, SchemaNode>;
  const points = { type: "array", description: "What it measures and obeys.", items: pointNode(["id"]) };
  return {
    type: "object",
    required,
    additionalProperties: false,
    properties: { ...repeating, ...editable(own), ...editable(theirs), points },
  };
}

function pointNode(required: readonly string[]): unknown {
  return { type: "object", required, additionalProperties: false, properties: { ...repeating, ...editable(properties(PointEntrySchema)) } };
}

function templatesNode(modules: readonly AdapterModule[]): unknown {
  const parameters = { type: "object", description: "Parameters and what they are when nothing is given; empty: must be given." };
  const withParameters = (node: unknown) => {
    const group = node as { properties: Record<string, unknown> };
    return { ...group, properties: { parameters, ...group.properties } };
  };
  return {
    type: "object",
    description: "Written once, used many times.",
    additionalProperties: false,
    properties: {
      devices: { type: "object", additionalProperties: withParameters(deviceNode(modules, [])) },
      points: { type: "object", additionalProperties: withParameters(pointNode([])) },
    },
  };
}

const repeating = {
  template: { type: "string", description: "Takes the settings of this template; what is written here wins." },
  each: { type: ["object", "array"], description: "Makes one for each: { n: 1..200 }, { side: [left, right] }, or a list of groups." },
  with: { type: "object", description: "Values of the template's parameters." },
};

function editable(nodes: Readonly<Record<string, SchemaNode>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(nodes).map(([key, node]) => [key, forEditors(node)]));
}

function properties(schema: TSchema): Readonly<Record<string, SchemaNode>> {
  const node = schema as unknown as SchemaNode;
  const inner = [...(node.anyOf ?? []), ...(node.allOf ?? [])].map((part) => properties(part as unknown as TSchema));
  return Object.assign({}, ...inner, node.properties ?? {}) as Record<string, SchemaNode>;
}

/** A number may be written as a reference or a placeholder, and what has a default need not be written. */
function forEditors(node: SchemaNode): unknown {
  const { expects, ...plain } = node;
  const described =
    expects === undefined ? plain : { ...plain, description: [node.description, `Write ${expects}.`].filter(Boolean).join(" ") };
  if (node.anyOf) return { ...described, anyOf: [...node.anyOf.map(forEditors), reference] };
  if (node.items) return { ...described, items: forEditors(node.items) };
  if (node.type === "object") {
    const required = (node.required ?? []).filter((key) => node.properties?.[key]?.default === undefined);
    const closed = node.additionalProperties === undefined && node.properties !== undefined ? { additionalProperties: false } : {};
    return { ...described, ...closed, ...(node.properties && { properties: editable(node.properties), required }) };
  }
  if (node.type === "string" && node.pattern === undefined && node.enum === undefined) return described;
  const { description, default: fallback, ...strict } = described as SchemaNode;
  return {
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
    anyOf: [strict, reference],
  };
}

const reference = { type: "string", pattern: "^file:|\\{.*\\}" };
