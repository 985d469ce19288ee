import type { Change } from "./history.ts";
import { fragmentOverhead, timestampBytes } from "../wire/message-writer.ts";
import type { Outbox } from "../net/outbox.ts";
import type { PacketSource } from "../net/outbound-queue.ts";
import { headerBytes } from "../wire/submessage.ts";
import type { Channel } from "../net/network.ts";
import type { Route } from "../net/routes.ts";

/** How much of a sample one packet carries: with all headers it stays inside an Ethernet frame. */
export const fragmentBytes = 1344;
/** A datagram that holds several small samples stays inside an Ethernet frame too. */
export const datagramBytes = 1472;

/** The numbers of all fragments of a payload. */
export function fragmentCount(bytes: number): number {
  return Math.ceil(bytes / fragmentBytes);
}

export interface FragmentAddress {
  readonly readerId: number;
  readonly writerId: number;
  readonly channel: Channel;
  /** Asked for each packet, because a peer may move or leave while a large sample is on its way. */
  routes(): Iterable<Route>;
}

/** Sends some fragments of one change, then calls `done`. */
export function fragmentSource(
  outbox: Outbox,
  address: FragmentAddress,
  change: Change,
  numbers: { readonly from: number; readonly to: number } | readonly number[],
  done: () => void,
  mayBegin: () => boolean = () => true,
): PacketSource {
  const listed = Array.isArray(numbers) ? (numbers as readonly number[]) : undefined;
  const range = listed === undefined ? (numbers as { from: number; to: number }) : { from: 1, to: listed.length };
  let at = range.from;
  return {
    bytes: (range.to - range.from + 1) * fragmentBytes,
    mayBegin,
    sendNext() {
      if (at <= range.to) sendFragment(outbox, address, change, listed?.[at - 1] ?? at);
      at++;
      if (at <= range.to) return true;
      done();
      return false;
    },
  };
}

function sendFragment(outbox: Outbox, address: FragmentAddress, change: Change, number: number): void {
  const start = (number - 1) * fragmentBytes;
  if (start >= change.payload.length) return;
  const bytes = change.payload.subarray(start, start + fragmentBytes);
  // Inline QoS travels with the first fragment only, as other implementations do it.
  const inline = number === 1 ? change.inline : undefined;
  const message = outbox.message(headerBytes + timestampBytes + fragmentOverhead + (inline?.length ?? 0) + bytes.length + 4);
  message.timestamp(change.sourceTimeUs);
  message.fragment(address.readerId, address.writerId, change.sequence, {
    number,
    fragmentBytes,
    sampleBytes: change.payload.length,
    bytes,
    inline,
  });
  for (const route of address.routes()) outbox.sendTo(message, route, address.channel);
}
