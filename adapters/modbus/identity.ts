import type { Found } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { Ask, type AskOptions } from "./ask.ts";
import type { Exchange } from "./exchange.ts";
import { exceptionOf } from "./exceptions.ts";
import { identify, parseIdentity, readQuestion, type Question } from "./pdu.ts";

const objectNames = ["vendor", "product", "revision", "vendorUrl", "productName", "model", "application"];
/** Identification has at most 256 objects; a device that keeps promising more is cut off. */
const mostPages = 16;

/** What a device says about itself (function 43/14); undefined when it answers with an exception. */
export async function readIdentity(
  exchange: Exchange,
  unit: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const found: Record<string, string> = {};
  let next: number | undefined = 0;
  for (let page = 0; page < mostPages && next !== undefined; page++) {
    const answer: Buffer = await askOnce(exchange, unit, identify(1, next), timeoutMs, signal, { probe: true });
    if (answer[0]! >= 0x80) {
      if (exceptionOf(answer[1]!).fromGateway) throw new GatewayError("timeout", `unit ${unit} is not there`);
      return page === 0 ? undefined : found;
    }
    const identity = parseIdentity(answer);
    if (!identity) throw new GatewayError("bad-answer", `unit ${unit} sent an identification that cannot be read`);
    for (const [object, text] of identity.objects) found[objectNames[object] ?? `object${object}`] = text;
    next = identity.next;
  }
  return found;
}

/** Tries unit ids and tells who answers, several at a time as the link allows. */
export async function* scanUnits(
  exchange: Exchange,
  units: readonly number[],
  timeoutMs: number,
  isTcp: boolean,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  // Many TCP devices answer whatever unit they are asked as; three unlikely ones in a row give that away.
  const unlikely = isTcp ? await Promise.all([247, 246, 245].map((unit) => probe(exchange, unit, timeoutMs, signal))) : [];
  const everybody = isTcp && unlikely.every((found) => found !== undefined);
  const tried = everybody ? units.slice(0, 1) : units;
  const probes = tried.map((unit) => probe(exchange, unit, timeoutMs, signal));
  // Whoever stops listening early must not leave rejections behind.
  for (const one of probes) one.catch(() => undefined);
  for (const one of probes) {
    const found = await one;
    if (found)
      yield everybody
        ? { device: { ...found.device, title: `${found.device.title ?? "Modbus device"} (answers to every unit id)` } }
        : found;
  }
}

async function probe(exchange: Exchange, unit: number, timeoutMs: number, signal: AbortSignal): Promise<Found | undefined> {
  try {
    const identity = await readIdentity(exchange, unit, timeoutMs, signal);
    return { device: { id: `unit-${unit}`, ...titled(identity), options: { unit } } };
  } catch (error) {
    if (signal.aborted || !isSilence(error)) throw error;
  }
  // Some devices do not even refuse a function they do not know; everybody knows how to be asked for a register.
  try {
    const answer = await askOnce(exchange, unit, readQuestion("holding", 0, 1), timeoutMs, signal, { probe: true });
    const isThere = answer[0]! < 0x80 || !exceptionOf(answer[1]!).fromGateway;
    return isThere ? { device: { id: `unit-${unit}`, options: { unit } } } : undefined;
  } catch (error) {
    if (signal.aborted || !isSilence(error)) throw error;
    return undefined;
  }
}

function titled(identity: Record<string, string> | undefined): { title?: string } {
  const words = [identity?.["vendor"], identity?.["product"], identity?.["revision"]].filter((word) => word);
  return words.length > 0 ? { title: words.join(" ") } : {};
}

function isSilence(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === "timeout" || error.code === "bad-answer");
}

/** One request, its answer as bytes of its own. */
export function askOnce(
  exchange: Exchange,
  unit: number,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
  how: AskOptions = {},
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const ask = new Ask({
      unit,
      question,
      timeoutMs,
      ...how,
      settle: (error, bytes, start, end) => {
        signal.removeEventListener("abort", onAbort);
        if (error) reject(error);
        else resolve(Buffer.from(bytes.subarray(start, end)));
      },
    });
    const onAbort = () => {
      const sent = ask.phase !== "queued";
      exchange.forget(ask);
      reject(
        new GatewayError(isDeadline(signal) ? "timeout" : "closed", `the request to unit ${unit} was given up`, {
          cause: signal.reason,
          sent,
        }),
      );
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    exchange.ask([ask]);
  });
}

function isDeadline(signal: AbortSignal): boolean {
  return signal.reason instanceof Error && signal.reason.name === "TimeoutError";
}
