/** Every bound of the WebSocket side in one place; the README has them as a table. */
export interface Limits {
  /** Sessions at once. */
  readonly sessions: number;
  /** Sockets that have not signed in yet, in all and from one address: they take no place of a session. */
  readonly signingIn: number;
  readonly signingInPerAddress: number;
  /** Largest frame taken; a larger one ends the connection (1009), because its end cannot be found otherwise. */
  readonly frameBytes: number;
  /** Arrays and objects inside each other in a frame or a body. */
  readonly depth: number;
  /** Frames a second that one session may send in the long run, and how many at once. */
  readonly framesPerSecond: number;
  readonly frameBurst: number;
  /** So many frames refused for their rate in a row end the session. */
  readonly floodFrames: number;
  readonly subscriptions: number;
  readonly patterns: number;
  /** Above this many bytes waiting in a socket, values are held back and only the newest of each point is kept. */
  readonly slowBytes: number;
  /** Above this many bytes the session is ended: even events no longer get through. */
  readonly endBytes: number;
  /** Time to sign in after connecting. */
  readonly signInMs: number;
  /** A ping goes out this often; two without a sign of life end the session. */
  readonly pingMs: number;
  /** How often values are sent at most, unless a subscription asks for less. */
  readonly tickMs: number;
  /** Bytes of an HTTP body. */
  readonly bodyBytes: number;
  /** HTTP requests of one address in a minute. */
  readonly requestsPerMinute: number;
}

export const standardLimits: Limits = {
  sessions: 1_000,
  signingIn: 100,
  signingInPerAddress: 20,
  frameBytes: 256 * 1024,
  depth: 16,
  framesPerSecond: 500,
  frameBurst: 1_000,
  floodFrames: 5_000,
  subscriptions: 50,
  patterns: 1_000,
  slowBytes: 512 * 1024,
  endBytes: 16 * 1024 * 1024,
  signInMs: 5_000,
  pingMs: 20_000,
  tickMs: 100,
  bodyBytes: 256 * 1024,
  requestsPerMinute: 6_000,
};

/** A bucket that fills with time: take() says whether one more is allowed now. */
export interface Allowance {
  take(nowMs: number): boolean;
}

export function allowance(perSecond: number, burst: number): Allowance {
  let left = burst;
  let lastMs: number | undefined;
  return {
    take(nowMs) {
      if (lastMs !== undefined && nowMs > lastMs) left = Math.min(burst, left + ((nowMs - lastMs) / 1000) * perSecond);
      lastMs = Math.max(lastMs ?? nowMs, nowMs);
      if (left < 1) return false;
      left--;
      return true;
    },
  };
}
