import type { ConfigFact } from "#msgs/fact.ts";
import { entryKind } from "../codec/entry.ts";
import { decodeExact } from "../codec/exact.ts";
import type { Segments } from "./segments.ts";

/** A register begun anew beside older segments learns their keys from the plant descriptions recorded in them. */
export function rememberKeys(segments: Segments): void {
  let before = segments.head.position + 1;
  for (;;) {
    const position = segments.landmark(entryKind.config, before);
    if (position === undefined) break;
    before = position;
    const entry = segments.read(position, 1)[0];
    const plant = entry && (decodeExact(entry.body) as Partial<ConfigFact>);
    segments.register.addKeys((plant?.points ?? []).map((point) => [point.id, point.key] as const));
  }
}
