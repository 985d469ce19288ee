import type { AdapterConfig } from "#src/contract/adapter.ts";
import type { Open } from "../kit/first-use.ts";
import { linkOf, type DeviceOptions, type Link, type LinkOptions } from "./config.ts";
import { BacnetConnection } from "./connection.ts";
import { LifeCheck } from "./cov/life-check.ts";
import { CovSubscriptions } from "./cov/subscriptions.ts";
import type { Enrolment } from "./events/enrol.ts";
import { EventFeed } from "./events/feed.ts";
import { Network } from "./link/network.ts";
import type { Station } from "./link/station.ts";
import { openUdp, type UdpTransport } from "./link/udp.ts";
import { Conversation } from "./peer/conversation.ts";
import { Devices, findPeer } from "./peer/devices.ts";
import { Directory } from "./peer/directory.ts";
import { Application } from "./transaction/application.ts";
import { ServiceRefusal } from "./transaction/responder.ts";
import { confirmed, unconfirmed } from "./wire/services/choices.ts";
import { decodeCovNotification } from "./wire/services/cov.ts";
import { decodeEventNotification } from "./wire/services/event.ts";
import { addressBytes, normaliseAddress, splitAddress } from "./wire/udp-address.ts";
import { ErrorClass, ErrorCode, RejectReason } from "./wire/vocabulary.ts";

/** What an open link is made of. */
export interface Parts {
  readonly transport: UdpTransport;
  readonly application: Application;
  readonly directory: Directory;
  readonly conversation: Conversation;
  readonly devices: Devices;
  readonly cov: CovSubscriptions;
  readonly life: LifeCheck;
  readonly events: EventFeed;
  readonly enrolment: Enrolment;
  readonly closing: AbortController;
}

/** Opens the socket, registers with the BBMD where there is one, and puts the parts together. */
export const open: Open<AdapterConfig<LinkOptions, DeviceOptions>> = async (config, env, signal) => {
  const link = linkOf(config.link);
  const transport = await openUdp(udpOf(link), env, signal);
  const closing = new AbortController();
  const devices = new Devices(config);
  const application = new Application(new Network(transport), env, {
    perDevice: link.perDevice,
    inAll: link.inFlight,
    serve: (service, data, from) => serve(service, data, from),
    hear: (service, data, from) => hear(service, data, from),
  });
  const directory = new Directory(application, env, normalised(link.whoIs), closing.signal);
  const conversation = new Conversation(application, { timeoutMs: link.timeoutMs, retries: link.retries });
  const cov = new CovSubscriptions(conversation, env, { lifetimeS: link.covLifetimeS, closing: closing.signal });
  const enrolment: Enrolment = { mac: ownMac(link, transport), process: 1 };
  const find = (device: Parameters<typeof findPeer>[0]) => findPeer(device, directory, link.findMs, closing.signal);
  const events = new EventFeed(conversation, env, devices, { closing: closing.signal, enrolment, find });
  const life = new LifeCheck(conversation, env, cov, {
    checkS: link.checkS,
    closing: closing.signal,
    onRestart: (device, peer, how) => events.restarted(device, peer, how),
    dropped: () => transport.dropped,
  });
  directory.onHeard((peer, unasked) => {
    const device = unasked ? devices.ofInstance(peer.instance) : undefined;
    if (device) life.announced(device, peer);
  });

  const event = (data: Buffer, from: Station) => {
    const notification = decodeEventNotification(data);
    return events.notify(notification, from, directory.get(notification.device));
  };
  /** What devices tell us and want acknowledged. */
  const serve = (service: number, data: Buffer, from: Station): undefined => {
    if (service === confirmed.covNotification) {
      if (cov.notify(decodeCovNotification(data), from)) return undefined;
      // Said so that a device still holding a subscription of an earlier life of ours lets go of it.
      throw new ServiceRefusal({ kind: "error", errorClass: ErrorClass.SERVICES, errorCode: ErrorCode.UNKNOWN_SUBSCRIPTION });
    }
    if (service === confirmed.eventNotification) {
      event(data, from);
      return undefined;
    }
    throw new ServiceRefusal({ kind: "reject", reason: RejectReason.UNRECOGNIZED_SERVICE });
  };
  const hear = (service: number, data: Buffer, from: Station): void => {
    if (service === unconfirmed.iAm) directory.hear(data, from);
    if (service === unconfirmed.covNotification) cov.notify(decodeCovNotification(data), from);
    if (service === unconfirmed.eventNotification) event(data, from);
  };
  return new BacnetConnection(
    { transport, application, directory, conversation, devices, cov, life, events, enrolment, closing },
    link,
    env,
  );
};

function udpOf(link: Link): Parameters<typeof openUdp>[0] {
  const listen = splitAddress(link.listen);
  const quiet = link.bbmd !== undefined || listen.host.startsWith("127.");
  const broadcast = link.broadcast
    ? normalised(link.broadcast)
    : quiet
      ? []
      : [`255.255.255.255:${listen.port === 0 ? 47_808 : listen.port}`];
  const bbmd = link.bbmd === undefined ? undefined : normaliseAddress(link.bbmd);
  return { listen, broadcast, ...(bbmd !== undefined && { bbmd: { address: bbmd, ttlSeconds: link.bbmdTtlS } }) };
}

function ownMac(link: Link, transport: UdpTransport): Uint8Array | undefined {
  const own = link.ownAddress === undefined ? undefined : normaliseAddress(link.ownAddress);
  if (own !== undefined) return addressBytes(own);
  return transport.address.startsWith("0.0.0.0") ? undefined : addressBytes(transport.address);
}

function normalised(list: readonly string[]): string[] {
  return list.map((address) => normaliseAddress(address)).filter((address) => address !== undefined);
}
