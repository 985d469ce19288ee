import type { PointId, PointKey } from "#msgs/point.ts";
import { messageOf } from "#src/kit/errors.ts";
import type { StoredEntry } from "../codec/entry.ts";
import { openParcel } from "../codec/parcel.ts";
import type { ToMain, ToWorker } from "./messages.ts";
import type { Segments } from "./segments.ts";

/** How long a disk that refuses is left alone before it is asked again. */
const retryMs = 500;
/** SQLite's number for "the disk is full". */
const sqliteFull = 13;

/** Writes what waits in one transaction; when the disk refuses, keeps it and tries again, saying so. */
export class Appender {
  #waiting: StoredEntry[] = [];
  #parcels = 0;
  #versions = new Map<StoredEntry, string>();
  #keys: (readonly [PointId, PointKey])[] = [];
  #retry: NodeJS.Timeout | undefined;
  #segments: Segments;
  #say: (message: ToMain) => void;
  #written: () => void;

  constructor(segments: Segments, say: (message: ToMain) => void, written: () => void) {
    this.#segments = segments;
    this.#say = say;
    this.#written = written;
  }

  take(message: Extract<ToWorker, { type: "append" }>): void {
    let index = 0;
    for (const entry of openParcel(message.parcel)) {
      const version = message.versions.get(index++);
      if (version !== undefined) this.#versions.set(entry, version);
      this.#waiting.push(entry);
    }
    for (const key of message.keys) this.#keys.push(key);
    this.#parcels++;
  }

  /** Durable when it returns true. */
  commit(): boolean {
    if (this.#waiting.length === 0 || this.#retry) return this.#waiting.length === 0;
    try {
      this.#segments.append(this.#waiting, this.#versions, this.#keys);
    } catch (error) {
      this.#refused(error);
      return false;
    }
    const samples = this.#waiting.reduce((sum, entry) => sum + entry.samples, 0);
    this.#waiting = [];
    this.#versions = new Map();
    this.#keys = [];
    this.#say({ type: "durable", seq: this.#segments.head.seq, samples, parcels: this.#parcels, bytes: this.#segments.bytes });
    this.#parcels = 0;
    this.#written();
    return true;
  }

  /** One last attempt. False when something could not be written. */
  close(): boolean {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const written = this.commit();
    clearTimeout(this.#retry);
    return written;
  }

  #refused(error: unknown): void {
    const state = (error as { errcode?: number }).errcode === sqliteFull ? "full" : "failed";
    this.#say({ type: "state", state, message: `the journal cannot write: ${messageOf(error)}` });
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      if (this.commit()) this.#say({ type: "state", state: "writing" });
    }, retryMs);
  }
}
