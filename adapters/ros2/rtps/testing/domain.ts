import type { ParticipantEvent } from "../events.ts";
import { openParticipant } from "../open.ts";
import type { ParticipantOptions } from "../options.ts";
import type { DomainParticipant } from "../participant.ts";
import type { Environment } from "../environment.ts";

/** A domain that no other test process uses at the same time, with ports below the ephemeral ones. */
export function testDomain(offset = 0): number {
  return 1 + ((process.pid * 5 + offset) % 99);
}

/** A participant on loopback that finds the others by asking the first few well-known ports, without multicast. */
export function openOnLoopback(domain: number, env: Environment, more: Partial<ParticipantOptions> = {}): Promise<DomainParticipant> {
  return openParticipant({ domain, interfaces: ["127.0.0.1"], multicast: false, initialPeers: ["127.0.0.1"], ...more }, env);
}

/** Everything a participant has told so far. */
export function record(participant: DomainParticipant): ParticipantEvent[] {
  const events: ParticipantEvent[] = [];
  participant.listen((event) => events.push(event));
  return events;
}

/** Resolves as soon as the condition holds; rejects, naming what was waited for, when it does not in time. */
export async function until(what: string, condition: () => boolean, withinMs = 10_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A payload of plain CDR whose first word is a number, padded to a size. */
export function numbered(index: number, bytes = 8): Buffer {
  const payload = Buffer.alloc(Math.max(bytes, 8));
  payload[1] = 1;
  payload.writeUInt32LE(index, 4);
  return payload;
}

export function numberOf(payload: Uint8Array): number {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).readUInt32LE(4);
}
