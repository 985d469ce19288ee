import { randomUUID } from "node:crypto";
import type { AdapterEnv, Receipt } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { absoluteName, type Robot } from "./config.ts";
import type { Feeds } from "./feeds.ts";
import { receipt, requireReader } from "./publications.ts";
import type { Cancel, Publisher, Transport } from "./transport/transport.ts";
import { untilAborted } from "./callers.ts";

const commandType = "plainview_msgs/msg/Command";
/** Results of CommandResult.msg. */
const results = { accepted: 0, succeeded: 1, rejected: 2, failed: 3, canceled: 4, expired: 5 } as const;
const refusals: Readonly<Record<number, string>> = {
  [results.rejected]: "rejected it",
  [results.failed]: "failed at it",
  [results.canceled]: "ended it",
  [results.expired]: "got it past its time to live",
};

interface Waiting {
  readonly settle: (state: number, message: string) => void;
}

/** Sends plainview_msgs/Command to one robot and listens for what became of each. */
export class RobotCommands {
  private readonly robot: Robot;
  private readonly env: AdapterEnv;
  private readonly timeoutMs: number;
  private readonly topic: string;
  private readonly publisher: Publisher;
  private readonly waiting = new Map<string, Waiting>();
  private readonly stop: Cancel;
  /** Whether anybody publishes results at the moment; a robot without them is believed when it has the command. */
  private readonly answers: () => boolean;

  constructor(robot: Robot, transport: Transport, feeds: Feeds, env: AdapterEnv, timeoutMs: number) {
    this.robot = robot;
    this.env = env;
    this.timeoutMs = timeoutMs;
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
      let accepted = false;
      const done = (settle: () => void) => {
        this.waiting.delete(id);
        cancel();
        settle();
      };
      const cancel = this.env.timers.after(this.timeoutMs, () =>
        done(() => {
          if (accepted) resolve({ assurance: "device", detail: "accepted, and still under way" });
          else
            reject(new GatewayError("timeout", `${this.robot.id} did not answer ${command} within ${this.timeoutMs} ms`, { sent: true }));
        }),
      );
      const settle = (state: number, message: string) => {
        if (state === results.accepted) accepted = true;
        else if (state === results.succeeded) done(() => resolve({ assurance: "device", ...(message !== "" && { detail: message }) }));
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
    this.waiting.get(String(message.command_id))?.settle(Number(message.state), String(message.message));
  }
}

function toTime(us: number): { sec: number; nanosec: number } {
  const sec = Math.floor(us / 1_000_000);
  return { sec, nanosec: Math.round(us - sec * 1_000_000) * 1000 };
}
