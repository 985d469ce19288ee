import { GatewayError } from "#src/kit/errors.ts";

/** Why something was given up, as an error of ours: a deadline of the caller is a time-out, anything else means nobody wants the answer. */
export function givenUp(signal: AbortSignal, what: string, options: { sent?: boolean } = {}): GatewayError {
  const reason: unknown = signal.reason;
  const late = reason instanceof Error && reason.name === "TimeoutError";
  return new GatewayError(late ? "timeout" : "closed", `${what} was given up${late ? " at the caller's deadline" : ""}`, {
    cause: reason,
    ...options,
  });
}
