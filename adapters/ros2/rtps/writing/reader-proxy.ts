import type { Guid } from "../wire/guid.ts";
import type { Link } from "../net/outbox.ts";

/** A matched reader as a writer hears of it. */
export interface MatchedReader {
  readonly guid: Guid;
  readonly readerId: number;
  readonly link: Link;
  readonly reliable: boolean;
  readonly wantsHistory: boolean;
}

/** What one writer knows about one matched reader. */
export class ReaderProxy {
  readonly guid: Guid;
  readonly readerId: number;
  readonly link: Link;
  readonly reliable: boolean;
  /** Samples up to here are not for this reader: it came later and did not ask for history. */
  readonly startsAfter: number;
  /** Everything up to here has arrived there. */
  acknowledged: number;
  /** It has answered, so it knows us. Until then a volatile sample may be none of its business: its side begins when it finds us. */
  isListening: boolean;

  constructor(matched: MatchedReader, last: number) {
    this.guid = matched.guid;
    this.readerId = matched.readerId;
    this.link = matched.link;
    this.reliable = matched.reliable;
    this.startsAfter = matched.reliable && matched.wantsHistory ? 0 : last;
    this.acknowledged = this.startsAfter;
    // Whoever wants history is given what was written before, and whoever is best effort never answers.
    this.isListening = !matched.reliable || matched.wantsHistory;
  }

  owes(last: number): boolean {
    return this.reliable && (this.acknowledged < last || !this.isListening);
  }
}
