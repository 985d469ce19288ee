import type { Random } from "../model/random.ts";

/** Ways in which a JSON payload goes wrong. */
export const payloadForms = ["truncated", "not-json", "empty", "wrong-types", "nulls", "huge-number", "array", "bytes"] as const;

export type PayloadForm = (typeof payloadForms)[number];

/** A spoilt copy of a good payload. None of the forms carries a usable value of a point. */
export function garblePayload(text: string, random: Random, form?: PayloadForm): string | Buffer {
  const chosen = form ?? payloadForms[Math.floor(random.uniform() * payloadForms.length)] ?? "bytes";
  switch (chosen) {
    case "truncated":
      return text.slice(0, Math.max(1, Math.floor(random.uniform() * (text.length - 1))));
    case "not-json":
      return "ERR sensor bus timeout";
    case "empty":
      return "";
    case "wrong-types":
      return text.replaceAll(/:-?\d[\d.]*/g, ':"n/a"').replaceAll(/:(true|false)/g, ':"n/a"');
    case "nulls":
      return text.replaceAll(/:(-?\d[\d.]*|true|false)/g, ":null");
    case "huge-number":
      return text.replaceAll(/:(-?\d[\d.]*|true|false)/g, ":1e999");
    case "array":
      return `[${text.length}]`;
    case "bytes":
      return Buffer.from(Array.from({ length: 32 }, () => Math.floor(random.uniform() * 256)));
  }
}
