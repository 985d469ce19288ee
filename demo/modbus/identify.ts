import type { UnitIdentity } from "./unit.ts";

/** FC 43 / MEI 14: who the device says it is. Basic objects 0 to 2, and regular object 4 (product name). */
export function identify(identity: UnitIdentity, pdu: Buffer, out: Buffer, to: number): number {
  if (pdu.length !== 4) return -3;
  if (pdu[1] !== 14) return -1;
  const level = pdu[2] ?? 0;
  const first = pdu[3] ?? 0;
  if (level < 1 || level > 4) return -3;
  const all: [number, string][] = [
    [0, identity.vendor],
    [1, identity.product],
    [2, identity.revision],
    [4, `${identity.vendor} ${identity.product}`],
  ];
  const offered = all.filter(([id]) => (level === 1 ? id <= 2 : true));
  const chosen = level === 4 ? offered.filter(([id]) => id === first) : offered.filter(([id]) => id >= first);
  // Asked for one object it does not have, a device says "illegal address"; a stream starts again at the first.
  if (level === 4 && chosen.length === 0) return -2;
  const listed = chosen.length === 0 ? offered : chosen;
  out.set([43, 14, level, 0x82, 0, 0, listed.length], to);
  let at = to + 7;
  for (const [id, text] of listed) {
    out[at] = id;
    out[at + 1] = out.write(text, at + 2, 60, "latin1");
    at += 2 + (out[at + 1] ?? 0);
  }
  return at - to;
}
