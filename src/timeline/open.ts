import type { Bus } from "#src/contract/bus.ts";
import type { Opened, TimelineSpec } from "#src/contract/timeline.ts";
import type { Derivation, Fact } from "#msgs/fact.ts";
import { BoundedQueue } from "./fact-queue.ts";
import { Loop } from "./loop.ts";

/** Opens every timeline there is: live, replay and branch differ in their sources and in who listens, never in here. */
export function open(spec: TimelineSpec, version = ""): Opened {
  const audience = new Audience();
  const loop = new Loop({ from: spec.from, seq: spec.seq ?? 0, taps: spec.taps, recorder: spec.recorder, listeners: audience });
  return {
    timeline: {
      id: spec.id,
      kind: spec.kind,
      clock: { now: () => loop.now() },
      bus: audience,
      close: () => audience.close(),
    },
    into: {
      publish: (fact, at) => loop.publish(fact, at),
      ready: () => audience.ready(),
    },
    retell: (fact) => loop.retell(fact),
    advance: (to) => loop.advance(to),
    nextDue: () => loop.nextDue(),
    seq: () => loop.seq,
    save: () => loop.save(version),
    restore: (checkpoint) => loop.restore(checkpoint),
  };
}

/** Everybody who listens behind the taps. */
class Audience implements Bus {
  readonly #queues = new Set<BoundedQueue>();
  readonly #followers = new Set<(fact: Fact) => void>();
  readonly #derived = new Set<(derivation: Derivation) => void>();
  #waitingForRoom: (() => void)[] = [];

  queue(name: string, options: Parameters<Bus["queue"]>[1]): BoundedQueue {
    const queue = new BoundedQueue(name, options, {
      room: () => this.#room(),
      close: (closed) => {
        this.#queues.delete(closed);
        this.#room();
      },
    });
    this.#queues.add(queue);
    return queue;
  }

  follow(see: (fact: Fact) => void): () => void {
    this.#followers.add(see);
    return () => this.#followers.delete(see);
  }

  onDerived(see: (derivation: Derivation) => void): () => void {
    this.#derived.add(see);
    return () => this.#derived.delete(see);
  }

  fact(fact: Fact): void {
    for (const follower of this.#followers) follower(fact);
    for (const queue of this.#queues) queue.put(fact);
  }

  derived(derivation: Derivation): void {
    for (const see of this.#derived) see(derivation);
  }

  async ready(): Promise<void> {
    while ([...this.#queues].some((queue) => queue.full)) await new Promise<void>((room) => this.#waitingForRoom.push(room));
  }

  close(): void {
    for (const queue of [...this.#queues]) queue.close();
    this.#followers.clear();
    this.#derived.clear();
  }

  #room(): void {
    const waiting = this.#waitingForRoom;
    this.#waitingForRoom = [];
    for (const goOn of waiting) goOn();
  }
}
