import type { ErrorCode } from "#src/kit/errors.ts";

const dialCodes: Readonly<Record<string, ErrorCode>> = {
  ECONNREFUSED: "connect-refused",
  ECONNRESET: "connect-refused",
  ENOTFOUND: "connect-refused",
  EAI_AGAIN: "connect-timeout",
  ETIMEDOUT: "connect-timeout",
  EHOSTUNREACH: "connect-timeout",
  ENETUNREACH: "connect-timeout",
  EACCES: "no-permission",
  EPERM: "no-permission",
};

/** What the operating system says about a connection that could not be opened; undefined when it says nothing of the kind. */
export function dialCodeOf(cause: Error): ErrorCode | undefined {
  const { code } = cause as { code?: unknown };
  return typeof code === "string" ? dialCodes[code] : undefined;
}
