/** What the other side can take; what it claims is the start, what it refuses corrects it. */
export interface PeerLimits {
  readonly maxApdu: number;
  /** It can put together a request that comes in segments. */
  readonly takesSegments: boolean;
}

/** Largest application message of BACnet/IP, which is what we take. */
export const ourMaxApdu = 1476;
/** Segments of one message we put together at most: a megabyte and a half. */
export const maxSegmentsTaken = 1_000;
/** Segments under way before an acknowledgement is due. */
export const ourWindow = 16;
/** Requests that wait for one device at most. */
export const maxWaiting = 4_000;
/** Requests of others that are worked on, or put together from segments, at the same time. */
export const maxServed = 256;
