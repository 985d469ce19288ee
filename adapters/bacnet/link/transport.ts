/**
 * The seam below the network layer: carries network messages to stations of one BACnet network. BACnet/IP is the one there
 * is; BACnet/SC would be another one, with a hub's web socket below and virtual MAC addresses for `Mac`.
 */
export interface Transport {
  /** Largest network message one datagram carries. */
  readonly maxNpdu: number;
  /** Sends without a promise: whether it arrives is the transaction layer's business. */
  send(npdu: Buffer, to: Mac): void;
  broadcast(npdu: Buffer): void;
  /** Called for everything that arrives; set once, before anything is sent. */
  listen(see: (npdu: Buffer, from: Mac) => void): void;
  /** Settles once when nothing can arrive any more. */
  readonly lost: Promise<Error>;
  /** The octets routers know a station of this network by. */
  macOf(station: Mac): Uint8Array;
  health(): Readonly<Record<string, unknown>>;
  close(): Promise<void>;
}

/** A station on the transport's own network, as text: "192.0.2.7:47808". */
export type Mac = string;
