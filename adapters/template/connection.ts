import type { Socket } from "node:net";
import type { AdapterEnv, Binding, Connection, DeviceAct, Reading, Receipt } from "#src/contract/adapter.ts";
import type { Value } from "#msgs/point.ts";
import { quality } from "#msgs/quality.ts";
import { assert, GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";

/** A peer that sends more than this without ending a line does not speak our language. */
const longestLine = 4096;
/** Questions under way; one more is refused. */
const mostOpen = 10_000;

interface Question {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: GatewayError) => void;
}

/** `=` a value, `?` no such name, `!` refused, with the reason. */
interface Answer {
  readonly mark: string;
  readonly rest: string;
}

/**
 * The adapter contract over one socket. Each question has a number and its answer repeats it, so answers may come in any order
 * and late ones are dropped.
 */
export class LineConnection implements Connection {
  readonly lost: Promise<Error>;
  private readonly socket: Socket;
  private readonly stations: ReadonlyMap<string, string>;
  private readonly timeoutMs: number;
  private readonly env: AdapterEnv;
  private readonly open = new Map<number, Question>();
  private settleLost!: (error: Error) => void;
  private over: GatewayError | undefined;
  private lastNumber = 0;
  private half = "";

  constructor(socket: Socket, stations: ReadonlyMap<string, string>, timeoutMs: number, env: AdapterEnv) {
    this.socket = socket;
    this.stations = stations;
    this.timeoutMs = timeoutMs;
    this.env = env;
    this.lost = new Promise((resolve) => (this.settleLost = resolve));
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => this.receive(text));
    socket.once("close", () => this.end(new GatewayError("link-lost", "the other side closed the connection")));
  }

  async read(bindings: readonly Binding[], signal: AbortSignal): Promise<readonly Reading[]> {
    const answers = bindings.map((binding) => this.ask(`get ${this.station(binding.device)} ${binding.address}`, signal));
    return Promise.all(answers.map(async (answer, index) => readingOf(await answer, bindings[index]!)));
  }

  async act(act: DeviceAct, signal: AbortSignal): Promise<Receipt> {
    if (act.do !== "set")
      throw new GatewayError("not-supported", `this protocol knows no ${act.do === "call" ? `method "${act.method}"` : "release"}`);
    const { binding, value } = act;
    const answer = await this.ask(`set ${this.station(binding.device)} ${binding.address} ${JSON.stringify(value)}`, signal);
    if (answer.mark === "=") return { assurance: "device" };
    const code = answer.mark === "?" ? "bad-address" : answer.mark === "!" ? "device-refused" : "bad-answer";
    throw new GatewayError(code, `${binding.address}: the device answered ${answer.mark} ${answer.rest}`, { sent: true });
  }

  async close(): Promise<void> {
    this.end(new GatewayError("closed", "this link was closed"));
  }

  private ask(words: string, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(givenUp(signal, words));
      if (this.over) return reject(new GatewayError(this.over.code, this.over.message));
      if (this.open.size >= mostOpen) return reject(new GatewayError("busy", "too many questions wait for this link"));
      const number = ++this.lastNumber;
      const settle = () => {
        this.open.delete(number);
        cancel();
        signal.removeEventListener("abort", onAbort);
      };
      const fail = (error: GatewayError) => {
        settle();
        reject(error);
      };
      const onAbort = () => fail(givenUp(signal, words, { sent: true }));
      const cancel = this.env.timers.after(this.timeoutMs, () =>
        fail(new GatewayError("timeout", `"${words}" was not answered within ${this.timeoutMs} ms`, { sent: true })),
      );
      signal.addEventListener("abort", onAbort, { once: true });
      const done = (answer: Answer) => {
        settle();
        resolve(answer);
      };
      this.open.set(number, { resolve: done, reject: fail });
      this.socket.write(`${number} ${words}\n`);
    });
  }

  private receive(text: string): void {
    const lines = (this.half + text).split("\n");
    this.half = lines.pop()!;
    for (const line of lines) {
      const match = /^(\d{1,15}) ([=?!])(?: (.*))?$/.exec(line);
      if (!match) return this.end(new GatewayError("bad-answer", `${JSON.stringify(line.slice(0, 40))} is not an answer`));
      this.open.get(Number(match[1]))?.resolve({ mark: match[2]!, rest: match[3] ?? "" });
    }
    if (this.half.length > longestLine) this.end(new GatewayError("bad-answer", "a line without an end"));
  }

  /** Only the first call counts. */
  private end(error: GatewayError): void {
    if (this.over) return;
    this.over = error;
    this.socket.destroy();
    for (const question of this.open.values()) question.reject(new GatewayError(error.code, error.message, { sent: true }));
    this.settleLost(error);
  }

  private station(device: string): string {
    const station = this.stations.get(device);
    assert(station !== undefined, `${device} is one of this link's devices`);
    return station;
  }
}

function readingOf(answer: Answer, binding: Binding): Reading {
  if (answer.mark === "?") return { raw: null, quality: quality.badConfig, reason: `the device has no ${binding.address}` };
  if (answer.mark === "!") return { raw: null, quality: quality.badDevice, reason: answer.rest };
  const raw = valueIn(answer.rest);
  return raw === undefined
    ? { raw: null, quality: quality.badConfig, reason: "the answer is not a value" }
    : { raw, quality: quality.good };
}

function valueIn(text: string): Value | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "number" || typeof value === "boolean" || typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
