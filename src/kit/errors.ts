/**
 * Everything that can go wrong out in the world, in one table: what it means, and whether trying again can help. A refusal
 * (a closed gate, a bad config) is not here: that is a value with a reason.
 */
export const errorCodes = {
  "connect-refused": { retry: true, means: "nobody listens at that address, or it closed the door" },
  "connect-timeout": { retry: true, means: "no answer while connecting" },
  "link-lost": { retry: true, means: "the connection ended" },
  timeout: { retry: true, means: "asked and not answered in time" },
  busy: { retry: true, means: "the device is busy and says so" },
  "device-refused": { retry: false, means: "the device understood and said no" },
  "bad-address": { retry: false, means: "the device does not know this address" },
  "bad-answer": { retry: true, means: "what came back cannot be what was asked for" },
  "not-supported": { retry: false, means: "this device or adapter cannot do that" },
  "not-authorised": { retry: false, means: "the other side did not accept who we are" },
  closed: { retry: false, means: "our own side was closed meanwhile" },
  "port-in-use": { retry: false, means: "another program listens on that port" },
  "no-permission": { retry: false, means: "the operating system refused" },
  "disk-full": { retry: true, means: "no room left to write" },
  damaged: { retry: false, means: "stored data could not be read back as written" },
  "database-away": { retry: true, means: "the database cannot be reached" },
  "database-refused": { retry: false, means: "the database answered and said no" },
} as const satisfies Record<string, { retry: boolean; means: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** What was being done, to what, and why it did not work. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** Whether a request may have reached the other side before this went wrong. */
  readonly sent: boolean;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; sent?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GatewayError";
    this.code = code;
    this.sent = options.sent ?? false;
  }

  get canRetry(): boolean {
    return errorCodes[this.code].retry;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Ours: cannot happen. Stops the program where it is still known why. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`broken assumption: ${message}`);
}

/** For the end of a switch over a union: a missing case does not compile. */
export function unreachable(value: never): never {
  throw new Error(`broken assumption: ${JSON.stringify(value)} was not expected here`);
}
