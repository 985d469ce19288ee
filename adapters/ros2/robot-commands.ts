import { randomUUID } from "node:crypto";
import type { AdapterEnv, DeviceEvent, Receipt } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { absoluteName, type Robot } from "./config.ts";
import type { MethodParts } from "./methods.ts";
import { receipt, requireReader } from "./publications.ts";
import type { Cancel, Publisher } from "./transport/transport.ts";
import { untilAborted } from "./callers.ts";

const commandType = "plainview_msgs/msg/Command";
/** Commands that were accepted and whose end is still awaited; beyond it the oldest is forgotten. */
const mostUnderWay = 256;
/** Results of CommandResult.msg. */
const results = { accepted: 0, succeeded: 1, rejected: 2, failed: 3, canceled: 4, expired: 5 } as const;
const endings: Readonly<Record<number, string>> = {
  [results.succeeded]: "succeeded",
  [results.rejected]: "rejected",
  [results.failed]: "failed",
  [results.canceled]: "canceled",
  [results.expired]: "expired",
};
const refusals: Readonly<Record<number, string>> = {
  [results.rejected]: "rejected it",
  [results.failed]: "failed at it",
  [results.canceled]: "ended it",
  [results.expired]: "got it past its time to live",
};

interface Waiting {
  readonly settle: (state: number, message: string) => void;
}

/**
 * Sends plainview_msgs/Command to one robot and listens for what became of each. The first result is the answer: a drive across the
 * field is accepted at once, and how it ended follows as an event, as with an action.
 */
export class RobotCommands {
  private readonly robot: Robot;
  private readonly env: AdapterEnv;
  private readonly timeoutMs: number;
  private readonly topic: string;
  private readonly publisher: Publisher;
  private readonly waiting = new Map<string, Waiting>();
  /** By command id what was accepted. */
  private readonly underWay = new Map<string, string>();
  private readonly tell: (event: Omit<DeviceEvent, "id">) => void;
  private readonly stop: Cancel;
  /** Whether anybody publishes results at the moment; a robot without them is believed when it has the command. */
  private readonly answers: () => boolean;

  constructor(robot: Robot, { transport, feeds, env, timeoutMs, tell }: MethodParts) {
    this.robot = robot;
    this.env = env;
    this.timeoutMs = timeoutMs;
    this.tell = tell;
    this.topic = absoluteName(robot.commandTopic, robot.root);
    this.publisher = transport.publisher(this.topic, commandType);
    const resultTopic = absoluteName(robot.resultTopic, robot.root);
    this.answers = () => transport.topics().some(({ name, publishers }) => name === resultTopic && publishers.length > 0);
    this.stop = feeds.listen(resultTopic, {
      heard: (heard) => "message" in heard && this.heard(heard.message),
      gone: () => {},
      trouble: () => {},
    });
  }

  async send(command: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Receipt> {
    requireReader(this.publisher, this.topic);
    const id = randomUUID();
    const answer = this.answers() ? this.answerTo(id, command) : undefined;
    this.publisher.publish({
      stamp: toTime(this.env.time.now()),
      time_to_live: { sec: Math.floor(this.robot.commandTtlMs / 1000), nanosec: (this.robot.commandTtlMs % 1000) * 1e6 },
      command_id: id,
      device_id: this.robot.says,
      command,
      args: Object.keys(args).length === 0 ? "" : JSON.stringify(args),
    });
    const what = `${command} on ${this.robot.id}`;
    if (answer === undefined) return receipt(await untilAborted(this.publisher.acknowledged(this.timeoutMs), signal, what));
    return untilAborted(answer, signal, what);
  }

  close(): void {
    this.stop();
    for (const { settle } of [...this.waiting.values()]) settle(-1, "the link was closed");
    this.publisher.close();
  }

  private answerTo(id: string, command: string): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.waiting.delete(id);
        cancel();
        settle();
      };
      const cancel = this.env.timers.after(this.timeoutMs, () => {
        const words = `${this.robot.id} did not answer ${command} within ${this.timeoutMs} ms`;
        done(() => reject(new GatewayError("timeout", words, { sent: true })));
      });
      const settle = (state: number, message: string) => {
        if (state === results.accepted) {
          this.awaitEnd(id, command);
          done(() =>
            resolve({ assurance: "device", detail: message === "" ? "accepted, and under way" : message, result: { command: id } }),
          );
        } else if (state === results.succeeded) done(() => resolve({ assurance: "device", ...(message !== "" && { detail: message }) }));
        else if (state < 0) done(() => reject(new GatewayError("closed", message, { sent: true })));
        else {
          const words = `${this.robot.id} ${refusals[state] ?? `answered ${state}`}${message === "" ? "" : `: ${message}`}`;
          done(() => reject(new GatewayError("device-refused", words, { sent: true })));
        }
      };
      this.waiting.set(id, { settle });
    });
  }

  private heard(message: Readonly<Record<string, unknown>>): void {
    const id = String(message.command_id);
    const state = Number(message.state);
    const waiting = this.waiting.get(id);
    if (waiting !== undefined) return waiting.settle(state, String(message.message));
    const command = this.underWay.get(id);
    if (command === undefined || state === results.accepted) return;
    this.underWay.delete(id);
    const data = { command, id, state: endings[state] ?? `state ${state}`, message: String(message.message) };
    this.tell({ device: this.robot.id, type: "ros2.command-result", data });
  }

  private awaitEnd(id: string, command: string): void {
    const [oldest] = this.underWay.keys();
    if (this.underWay.size >= mostUnderWay && oldest !== undefined) this.underWay.delete(oldest);
    this.underWay.set(id, command);
  }
}

function toTime(us: number): { sec: number; nanosec: number } {
  const sec = Math.floor(us / 1_000_000);
  return { sec, nanosec: Math.round(us - sec * 1_000_000) * 1000 };
}
