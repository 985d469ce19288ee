import type { TSchema, Static } from "#msgs/schema/type.ts";
import type { DeviceId, PointId, PointKind, Value } from "#msgs/point.ts";
import type { Priority } from "#msgs/command.ts";
import type { Quality } from "#msgs/quality.ts";
import type { Timestamp } from "#msgs/time.ts";
import type { Cancel, LiveTime, Timers } from "./clock.ts";
import type { ExposerModule } from "./exposer.ts";
import type { Log } from "#src/kit/log.ts";

/** A protocol: what its configuration looks like, what its addresses mean, how one link to it is made. */
export interface AdapterModule<Link extends TSchema = TSchema, DeviceOptions extends TSchema = TSchema> {
  readonly protocol: string;
  readonly title: string;
  /** Options of one link: host, port, time-outs. */
  readonly link: Link;
  /** Options of one device behind it: unit id, BACnet instance, topic prefix. */
  readonly device: DeviceOptions;
  /** Cheap, pure and offline: everything wrong with this configuration, before anything is dialled. */
  check(config: AdapterConfig<Static<Link>, Static<DeviceOptions>>): readonly Problem[];
  /** The configuration has passed `check`. */
  create(config: AdapterConfig<Static<Link>, Static<DeviceOptions>>, env: AdapterEnv): Adapter;
  /** What a planning tool wrote (BACnet: an EDE list with its state texts, or a table), as if it had been found; nothing is dialled. */
  importFile?(texts: readonly string[]): Promise<Imported>;
  /** Methods that silence, restart or otherwise take a device out of service: the desk lets only administrators call them. */
  readonly adminMethods?: readonly string[];
  /** What this machine makes of a link that passed `check`: which of several ways is taken and why. Nothing is dialled. For `plainview doctor`. */
  remarks?(link: Static<Link>): Promise<readonly Remark[]>;
  /** The server side, where the protocol has one: points of any protocol shown in this one. */
  readonly server?: ExposerModule;
}

export interface AdapterConfig<Link = unknown, DeviceOptions = unknown> {
  readonly id: string;
  readonly link: Link;
  readonly devices: readonly { readonly id: DeviceId; readonly options: DeviceOptions; readonly bindings: readonly Binding[] }[];
}

/** What a problem is about, as a path into the AdapterConfig, and what to do about it. The site file turns the path into a line. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

export interface Remark {
  readonly state: "well" | "worth a look" | "wrong";
  readonly says: string;
}

/** One point as its adapter sees it. Scaling, names and staleness are the host's business. */
export interface Binding {
  readonly point: PointId;
  readonly device: DeviceId;
  /** The adapter's own notation, checked offline. */
  readonly address: string;
  readonly kind: PointKind;
  readonly writable: boolean;
  /** How often the host will ask; 0 when the point is only listened to. */
  readonly pollMs: number;
  /** A point that is only listened to speaks at least this often, the site says. */
  readonly speaksWithinMs?: number;
}

export interface AdapterEnv {
  readonly time: LiveTime;
  readonly timers: Timers;
  readonly log: Log;
}

export interface Adapter {
  /** One attempt. Rejects with a GatewayError; the host decides when to try again. */
  connect(signal: AbortSignal): Promise<Connection>;
}

/** An open link. It translates and does nothing else: no reconnection, no polling, no cache. */
export interface Connection {
  /** Settles once when the link is gone for whatever reason, `close` included; never rejects. */
  readonly lost: Promise<Error>;
  /**
   * Points of one device, asked now; answers in the order of the bindings, one for each. Rejects with a GatewayError when
   * the device as a whole does not answer. Calls for different devices run side by side and do not wait for each other.
   * `isAwaited`: somebody waits for just this (the evidence of a command), so it goes before polls where they queue.
   */
  read(bindings: readonly Binding[], signal: AbortSignal, isAwaited?: boolean): Promise<readonly Reading[]>;
  /** Listens from now on. Points it cannot listen to are returned in `refused` and the host polls them. */
  subscribe?(bindings: readonly Binding[], push: Push, signal: AbortSignal): Promise<Subscription>;
  /** One act on one device, sent once. Rejects with a GatewayError whose `sent` says whether it may have reached the device. */
  act?(act: DeviceAct, signal: AbortSignal): Promise<Receipt>;
  /** The device keeps the sixteen slots itself (BACnet): read them, lowest index is priority 1. */
  slots?(binding: Binding, signal: AbortSignal): Promise<readonly (Value | null)[]>;
  /** What could be bound here. */
  browse?(signal: AbortSignal): AsyncIterable<Found>;
  /** Whether the device keeps a record of this point; absent: of every point, as far as `history` does not say `not-supported`. */
  keepsHistory?(binding: Binding): boolean;
  /** What the device itself recorded after `token`, oldest first, for filling gaps exactly once. */
  history?(binding: Binding, token: string | undefined, signal: AbortSignal): AsyncIterable<HistoryPage>;
  /**
   * The devices or points behind this link changed, its own options did not. True: taken over, and what did not change goes
   * on undisturbed; nothing of the devices that changed is under way when this is called. False or absent: the link is made anew.
   */
  reconfigure?(config: AdapterConfig): boolean;
  /** Notifications that are not samples. */
  events?(push: (event: DeviceEvent) => void): Cancel;
  acknowledge?(event: DeviceEvent, by: string, signal: AbortSignal): Promise<Receipt>;
  /** Counters and lists worth showing (nodes, topics, segments, retries); plain JSON. */
  health?(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

export interface Reading {
  readonly raw: Value | null;
  readonly quality: Quality;
  /** When the device says it was true; absent: when we received it. */
  readonly sourceTime?: Timestamp;
  /** The 32-bit OPC UA status, where there is one. */
  readonly code?: number;
  /** Why the quality is bad, for a person: "exception 2, illegal data address". */
  readonly reason?: string;
}

/** One push is one batch. `settled` is called once when the batch is durable (or was shed: false): late-acknowledging protocols wait for it. */
export type Push = (
  readings: readonly PushedReading[],
  about?: { retained?: boolean; historical?: boolean; settled?: (stored: boolean) => void },
) => void;

export interface PushedReading extends Reading {
  readonly binding: Binding;
}

export interface Subscription {
  readonly refused: readonly Binding[];
  close(): Promise<void>;
}

export type DeviceAct =
  | { readonly do: "set"; readonly binding: Binding; readonly value: Value; readonly priority: Priority; readonly ttlMs?: number }
  | { readonly do: "release"; readonly binding: Binding; readonly priority: Priority }
  | { readonly do: "call"; readonly device: DeviceId; readonly method: string; readonly args: Readonly<Record<string, unknown>> };

/** Who vouches for it: the device itself, only the transport (a broker took it), or nobody (a broadcast). */
export interface Receipt {
  readonly assurance: "device" | "transport" | "none";
  readonly detail?: string;
  /** What a call returned. */
  readonly result?: unknown;
}

export interface Found {
  readonly device: { readonly id: DeviceId; readonly title?: string; readonly options: Readonly<Record<string, unknown>> };
  readonly point?: {
    readonly id: string;
    readonly address: string;
    readonly kind: PointKind;
    readonly unit?: string;
    readonly title?: string;
    readonly writable: boolean;
    readonly states?: Readonly<Record<number, string>>;
    readonly range?: { readonly min: number; readonly max: number };
  };
}

export interface Imported {
  readonly found: readonly Found[];
  /** What could not be taken, by line of the first file, for a person. */
  readonly problems: readonly { readonly line: number; readonly message: string }[];
}

export interface HistoryPage {
  readonly readings: readonly Reading[];
  /** Where to go on after this page is durable. */
  readonly token: string;
}

/**
 * A source that numbers its samples reports numbers that were left out as `device.sequence-gap` with `{ lost, from?, before? }`:
 * how many, when the last one before them came (absent: the last the host heard), the number after them. The host declares
 * the gap in the device's stream.
 */
export interface DeviceEvent {
  readonly id: string;
  readonly device: DeviceId;
  readonly type: string;
  readonly point?: PointId;
  readonly sourceTime?: Timestamp;
  readonly data: Readonly<Record<string, unknown>>;
}
