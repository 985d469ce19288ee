import type { LiveTime } from "#src/contract/clock.ts";
import type { Principal } from "#src/contract/control.ts";
import type { Command } from "#msgs/command.ts";
import type { Timestamp } from "#msgs/time.ts";
import { microseconds } from "#msgs/time.ts";
import type { ControlRecord } from "./record.ts";
import type { ControlTap } from "./control-tap.ts";

/** One entry for each that was turned away would be the next overload; so much is said of each sender in such a stretch. */
const stretchMs = 10_000;
/** Senders counted apart; those beyond are counted together. */
const sendersAtMost = 200;

interface Stretch {
  readonly since: Timestamp;
  refused: number;
}

/** Commands refused because too many are under way: the first of a sender is audited at once, the rest as a count. */
export class TurnedAway {
  readonly #parts: { readonly record: ControlRecord; readonly time: LiveTime; readonly tap: ControlTap };
  readonly #senders = new Map<string, Stretch>();

  constructor(parts: { readonly record: ControlRecord; readonly time: LiveTime; readonly tap: ControlTap }) {
    this.#parts = parts;
  }

  note({ id, asked, act }: Command, by: Principal): void {
    const { time, tap } = this.#parts;
    const sender = this.#senders.has(by.name) || this.#senders.size < sendersAtMost ? by.name : "others";
    const stretch = this.#senders.get(sender);
    if (stretch) return void stretch.refused++;
    this.#senders.set(sender, { since: time.now(), refused: 0 });
    this.#audit(sender, { id, asked, act });
    tap.at(tap.now() + microseconds(stretchMs), `turned-away/${sender}`, "duration", () => this.#end(sender));
  }

  /** Also when the gateway stops: what was counted is said. */
  close(): void {
    for (const sender of [...this.#senders.keys()]) this.#end(sender);
  }

  #end(sender: string): void {
    const { since, refused } = this.#senders.get(sender)!;
    this.#senders.delete(sender);
    if (refused > 0) this.#audit(sender, { more: refused, since });
  }

  #audit(by: string, body: Readonly<Record<string, unknown>>): void {
    const { record, time } = this.#parts;
    record.write([{ put: "audit", entry: { at: time.now(), kind: "refused", by, body: { code: "overloaded", ...body } } }], () => {});
  }
}
