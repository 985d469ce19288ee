import { randomBytes } from "node:crypto";
import type { RemoteInfo } from "node:dgram";
import type { Environment } from "./environment.ts";
import { Network } from "./net/network.ts";
import { resolveOptions, type ParticipantOptions } from "./options.ts";
import { DomainParticipant } from "./participant.ts";
import { allowedSubnets, describeInterfaces, Routes } from "./net/routes.ts";

/** Joins a domain. Bad options throw before anything is opened; a port or address that cannot be had rejects. */
export async function openParticipant(options: ParticipantOptions, env: Environment): Promise<DomainParticipant> {
  const resolved = resolveOptions(options);
  const interfaces = describeInterfaces(resolved.interfaces);
  const routes = new Routes(interfaces, allowedSubnets(resolved.allowedSubnets, interfaces, resolved.initialPeers));
  // Packets that arrive between the opening of the sockets and the end of this function are announcements that will be repeated.
  const target: { participant?: DomainParticipant } = {};
  const receive = (packet: Buffer, from: RemoteInfo) => target.participant?.receiver.accept(packet, from);
  const network = await Network.open({ domain: resolved.domain, interfaces, multicast: resolved.multicast }, receive, env.log);
  // The first two bytes are the vendor's by convention; the rest is drawn, so that a restart is a new participant.
  const prefix = "0000" + randomBytes(10).toString("hex");
  const participant = new DomainParticipant(prefix, resolved, options.userData, env, network, routes);
  target.participant = participant;
  participant.start();
  return participant;
}
