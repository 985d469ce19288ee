import { GatewayError, messageOf, type ErrorCode } from "#src/kit/errors.ts";
import { dialCodeOf } from "../kit/dial-code.ts";

/** What a broker may say no with, in 3.1.1 and 5 (CONNACK return codes and reason codes). */
const codes: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  1: ["not-supported", "the broker does not speak this version of MQTT; set version"],
  2: ["device-refused", "the broker does not take this clientId"],
  3: ["busy", "the broker says it is not available"],
  4: ["not-authorised", "user name or password is wrong"],
  5: ["not-authorised", "the broker does not let us in"],
  128: ["device-refused", "the broker refused"],
  132: ["not-supported", "the broker does not speak this version of MQTT; set version"],
  133: ["device-refused", "the broker does not take this clientId"],
  134: ["not-authorised", "user name or password is wrong"],
  135: ["not-authorised", "the broker does not allow it"],
  136: ["busy", "the broker says it is not available"],
  137: ["busy", "the broker is busy"],
  138: ["not-authorised", "the broker has banned us"],
  142: ["link-lost", "another client uses the same clientId"],
  144: ["device-refused", "the broker does not take this topic"],
  149: ["device-refused", "the message is too large for the broker"],
  151: ["busy", "the broker's quota is used up"],
};

/** A refusal as an error of ours. */
export function refusalOf(reason: number, what: string, options: { sent?: boolean } = {}): GatewayError {
  const [code, means] = codes[reason] ?? ["device-refused", "the broker refused"];
  return new GatewayError(code, `${what}: ${means} (reason ${reason})`, options);
}

/** Reason codes of the server's own DISCONNECT: why the link ends, in words. */
export function goodbyeOf(reason: number | undefined): string {
  if (reason === undefined) return "the broker ended the connection";
  return `the broker ended the connection: ${codes[reason]?.[1] ?? "it did not say why"} (reason ${reason})`;
}

/** Why there is no link, from whatever the client library or the socket raised. */
export function dialErrorOf(cause: Error, where: string): GatewayError {
  const { code } = cause as { code?: unknown };
  // Below 256 it is the broker's own answer, else a name from the operating system or from TLS.
  if (typeof code === "number") return refusalOf(code, where);
  const known = dialCodeOf(cause);
  if (known) return new GatewayError(known, `could not open ${where}: ${messageOf(cause)}`, { cause });
  const isCertificate = typeof code === "string" && /CERT|SELF_SIGNED|SSL|TLS|ISSUER/.test(code);
  if (isCertificate) return new GatewayError("not-authorised", `${where}: ${messageOf(cause)} (${code as string})`, { cause });
  return new GatewayError("bad-answer", `${where} did not answer as a broker does: ${messageOf(cause)}`, { cause });
}
