import type { AdapterEnv, Found } from "#src/contract/adapter.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { Link } from "../config.ts";
import type { Conversation } from "../peer/conversation.ts";
import type { Directory } from "../peer/directory.ts";
import type { Peer } from "../peer/peer.ts";
import { everyNetwork } from "../wire/npdu.ts";
import { PropertyIdentifier as P } from "../wire/vocabulary.ts";
import { readDetails } from "./details.ts";
import { Names, slug } from "./naming.ts";
import { readObjectList } from "./object-list.ts";

/** Devices looked into side by side. */
const sideBySide = 16;
const maxRounds = 3;

/** Asks who is there, then what they have: a device first, its points after it. Devices that answer late still count. */
export async function* browse(
  conversation: Conversation,
  directory: Directory,
  link: Link,
  env: AdapterEnv,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const found: Found[] = [];
  const queue: Peer[] = [];
  const seen = new Set<number>();
  let wake: () => void = () => undefined;
  let working = 0;
  let listening = true;
  const [low, high] = link.discover.split("-").map(Number) as [number, number];
  const notice = (peer: Peer) => {
    if (seen.has(peer.instance) || peer.instance < low || peer.instance > high || !peer.heard) return;
    seen.add(peer.instance);
    queue.push(peer);
    start();
  };
  const names = new Names();
  const start = () => {
    while (working < sideBySide && queue.length > 0 && !signal.aborted) {
      working++;
      void lookInto(conversation, queue.shift()!, names, signal)
        .then((more) => void found.push(...more))
        .catch((error: unknown) => env.log.warn("a device that was found could not be read", { error: messageOf(error) }))
        .finally(() => {
          working--;
          start();
          wake();
        });
    }
  };
  const stop = directory.onHeard((peer) => notice(peer));
  const asking = ask(directory, link, env, signal, low, high).finally(() => {
    listening = false;
    wake();
  });
  asking.catch(() => undefined);
  try {
    // Those who spoke before discovery began need not speak again.
    for (const peer of directory.all()) notice(peer);
    while (!signal.aborted && (listening || working > 0 || queue.length > 0 || found.length > 0)) {
      const next = found.shift();
      if (next) {
        yield next;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  } finally {
    stop();
  }
}

/** The question goes out three times within the wait; the answers of a large network must not come in one burst only. */
async function ask(directory: Directory, link: Link, env: AdapterEnv, signal: AbortSignal, low: number, high: number): Promise<void> {
  for (let round = 0; round < maxRounds && !signal.aborted; round++) {
    const range = low === 0 && high >= 4_194_302 ? undefined : { low, high };
    directory.whoIs(range, everyNetwork);
    for (const network of link.networks) directory.whoIs(range, network);
    await env.timers.sleep(link.discoverMs / maxRounds, signal);
  }
}

async function lookInto(conversation: Conversation, peer: Peer, names: Names, signal: AbortSignal): Promise<Found[]> {
  const object = { type: 8, instance: peer.instance };
  const properties = [P.OBJECT_NAME, P.DESCRIPTION, P.VENDOR_NAME, P.MODEL_NAME, P.LOCATION];
  const [name, description, vendor, model, location] = await conversation
    .readAll(
      peer,
      properties.map((property) => ({ object, property })),
      signal,
    )
    .then((got) => got.map((one) => ("values" in one && one.values[0]?.type === "text" ? one.values[0].value : undefined)));
  const { station } = peer;
  const device: Found["device"] = {
    id: names.take(slug(name ?? "", `bacnet-${peer.instance}`)),
    title: [description || name, [vendor, model].filter(Boolean).join(" "), location].filter(Boolean).join(", "),
    options: {
      instance: peer.instance,
      address: station.via,
      ...(station.remote && { network: station.remote.network, mac: Buffer.from(station.remote.mac).toString("hex") }),
    },
  };
  const objects = await readObjectList(conversation, peer, signal);
  const points = await readDetails(conversation, peer, objects, new Names(), signal);
  return [{ device }, ...points.map((point) => ({ device, point }))];
}
