import { Type, type Static } from "#msgs/schema/type.ts";
import type { AdapterConfig, AdapterModule, Problem } from "#src/contract/adapter.ts";
import { opensWith } from "../kit/first-use.ts";
import { schemaProblems } from "../kit/schema-problems.ts";

/** Options of one link. */
export const linkSchema = Type.Object(
  {
    host: Type.String({ minLength: 1, description: "Where to dial" }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, description: "TCP port" }),
    connectTimeoutMs: Type.Optional(Type.Integer({ minimum: 1, default: 5000, description: "How long one attempt to dial may take" })),
    timeoutMs: Type.Optional(Type.Integer({ minimum: 1, default: 1000, description: "How long a question waits for its answer" })),
  },
  { additionalProperties: false },
);

/** Options of one device behind it. */
export const deviceSchema = Type.Object(
  { station: Type.String({ pattern: "^[a-z0-9-]{1,32}$", description: "Its name on the line" }) },
  { additionalProperties: false },
);

export type LinkOptions = Static<typeof linkSchema>;
export type DeviceOptions = Static<typeof deviceSchema>;
export type Link = Required<LinkOptions>;

/** A made-up protocol of numbered lines over TCP, whole: the smallest adapter that keeps the contract. */
export const templateAdapter: AdapterModule<typeof linkSchema, typeof deviceSchema> = {
  protocol: "template",
  title: "Numbered lines over TCP, to copy from",
  link: linkSchema,
  device: deviceSchema,
  check,
  create: opensWith(() => import("./open.ts")),
};

function check(config: AdapterConfig<LinkOptions, DeviceOptions>): readonly Problem[] {
  const problems = [...schemaProblems(linkSchema, config.link, ["link"])];
  for (const [index, device] of config.devices.entries()) {
    problems.push(...schemaProblems(deviceSchema, device.options, ["devices", index, "options"]));
    for (const [at, { address }] of device.bindings.entries()) {
      if (/^[a-z][a-z0-9-]{0,31}$/.test(address)) continue;
      const message = `${JSON.stringify(address.slice(0, 60))} is not a name: lower-case letters, digits and hyphens, at most 32`;
      problems.push({ path: ["devices", index, "bindings", at, "address"], message });
    }
  }
  return problems;
}
