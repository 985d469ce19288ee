import { randomBytes } from "node:crypto";
import type { RemoteInfo } from "node:dgram";
import type { Environment } from "./environment.ts";
import { Network } from "./network.ts";
import { resolveOptions, type ParticipantOptions } from "./options.ts";
import { DomainParticipant } from "./participant.ts";
import { allowedSubnets, describeInterfaces, Routes } from "./routes.ts";

/** Joins a domain. Bad options throw before anything is opened; a port or address that cannot be had rejects. */
export async function openParticipant(options: ParticipantOptions, env: Environment): Promise<DomainParticipant> {
  const resolved = resolveOptions(options);
  const interfaces = describeInterfaces(resolved.interfaces);
  const routes = new Routes(interfaces, allowedSubnets(resolved.allowedSubnets, interfaces, resolved.initialPeers));
  let participant: DomainParticipant | undefined;
  const receive = (packet: Buffer, from: RemoteInfo) => participant?.receiver.accept(packet, from);
  const network = await Network.open({ domain: resolved.domain, interfaces, multicast: resolved.multicast }, receive, env.log);
  // The first two bytes are the vendor's by convention; the rest is drawn, so that a restart is a new participant.
  const prefix = "0000" + randomBytes(10).toString("hex");
  participant = new DomainParticipant(prefix, resolved, options.userData, env, network, routes);
  participant.start();
  return participant;
}
