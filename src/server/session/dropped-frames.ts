import type { Cancel } from "#src/contract/clock.ts";
import type { Timestamp } from "#msgs/time.ts";
import { formatTime } from "#msgs/time.ts";
import type { EdgeTime } from "../edge-time.ts";
import type { Services } from "../services.ts";

/** After the first entry about a sender at most one in such a stretch. */
const stretchMs = 60_000;
/** Senders counted apart; those beyond are counted together. */
const sendersAtMost = 200;

export interface DroppedFramesParts {
  readonly audit: Services["audit"];
  readonly now: () => Timestamp;
  readonly time: Pick<EdgeTime, "after">;
}

/** Who sends too much, and from where. */
export interface Sender {
  readonly by: string;
  readonly from: string;
}

interface Stretch {
  readonly sender: Sender;
  readonly since: Timestamp;
  readonly cancel: Cancel;
  dropped: number;
}

/**
 * Frames that were not taken because of their rate: the first of a sender is audited at once, then once a minute how many more there
 * were. Counted across its sessions, so that whoever connects anew cannot make the record longer; what is left when a session ends is said
 * when its minute is over, or when the gateway stops.
 */
export class DroppedFrames {
  readonly #parts: DroppedFramesParts;
  readonly #stretches = new Map<string, Stretch>();

  constructor(parts: DroppedFramesParts) {
    this.#parts = parts;
  }

  note(of: Sender): void {
    const own = `${of.by} ${of.from}`;
    const isApart = this.#stretches.has(own) || this.#stretches.size < sendersAtMost;
    const sender = isApart ? of : { by: "others", from: "many" };
    const key = isApart ? own : "";
    const stretch = this.#stretches.get(key);
    if (stretch) return void stretch.dropped++;
    this.#audit(sender, {});
    this.#begin(key, sender);
  }

  close(): void {
    for (const stretch of this.#stretches.values()) {
      stretch.cancel();
      this.#sayMore(stretch);
    }
    this.#stretches.clear();
  }

  #begin(key: string, sender: Sender): void {
    const { now, time } = this.#parts;
    this.#stretches.set(key, { sender, since: now(), cancel: time.after(stretchMs, () => this.#end(key)), dropped: 0 });
  }

  /** Whoever goes on is counted on; whoever has stopped is forgotten. */
  #end(key: string): void {
    const stretch = this.#stretches.get(key)!;
    this.#stretches.delete(key);
    if (this.#sayMore(stretch)) this.#begin(key, stretch.sender);
  }

  #sayMore({ sender, since, dropped }: Stretch): boolean {
    if (dropped > 0) this.#audit(sender, { more: dropped, since: formatTime(since) });
    return dropped > 0;
  }

  #audit({ by, from }: Sender, about: Readonly<Record<string, unknown>>): void {
    this.#parts.audit({ act: "frames-dropped", by, data: { from, code: "too-many-frames", ...about } });
  }
}
