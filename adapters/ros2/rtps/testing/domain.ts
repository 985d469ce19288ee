import { createSocket } from "node:dgram";
import type { ParticipantEvent } from "../events.ts";
import { discoveryPort, highestParticipantId } from "../net/ports.ts";
import { openParticipant } from "../open.ts";
import type { ParticipantOptions } from "../options.ts";
import type { DomainParticipant } from "../participant.ts";
import type { Environment } from "../environment.ts";

/**
 * A domain that no other test on this machine uses while this process lives: whoever holds the port of its last participant id has it.
 * All its ports lie below the ephemeral ones.
 */
export async function claimDomain(): Promise<number> {
  for (let i = 0; i < highestTestDomain; i++) {
    const domain = 1 + ((process.pid + 17 * i) % highestTestDomain);
    const lock = createSocket("udp4").unref();
    const held = await new Promise<boolean>((resolve) => {
      lock.once("error", () => resolve(false));
      lock.bind({ port: discoveryPort(domain, highestParticipantId), address: "127.0.0.1", exclusive: true }, () => resolve(true));
    });
    if (held) return domain;
    lock.close();
  }
  throw new Error("every domain for tests is taken");
}

const highestTestDomain = 99;

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
