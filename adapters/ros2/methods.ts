import type { AdapterEnv, DeviceEvent, Receipt } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import { ActionClient, plain } from "./actions.ts";
import { untilAborted, type Callers } from "./callers.ts";
import { absoluteName, type Method, type Robot } from "./config.ts";
import type { Feeds } from "./feeds.ts";
import { receipt, requireReader } from "./publications.ts";
import { RobotCommands } from "./robot-commands.ts";
import { fullName } from "./types/index.ts";
import type { Publisher, Transport } from "./transport/transport.ts";

type Call = (args: Readonly<Record<string, unknown>>, signal: AbortSignal) => Promise<Receipt>;

export interface MethodParts {
  readonly transport: Transport;
  readonly feeds: Feeds;
  readonly callers: Callers;
  readonly env: AdapterEnv;
  readonly timeoutMs: number;
  readonly tell: (event: Omit<DeviceEvent, "id">) => void;
}

/** Everything that can be called on one robot, by the name it has here. */
export class Methods {
  private readonly calls = new Map<string, Call>();
  private readonly closers: (() => void)[] = [];
  private readonly robot: Robot;

  constructor(robot: Robot, parts: MethodParts) {
    this.robot = robot;
    if (robot.commands.length > 0) {
      const commands = new RobotCommands(robot, parts);
      this.closers.push(() => commands.close());
      for (const name of robot.commands) this.calls.set(name, (args, signal) => commands.send(name, args, signal));
    }
    for (const method of robot.methods) this.add(method, parts);
  }

  async call(name: string, args: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Receipt> {
    const call = this.calls.get(name);
    if (call === undefined) {
      const known = [...this.calls.keys()].join(", ") || "none";
      throw new GatewayError("not-supported", `${this.robot.id} has no method "${name}"; there are: ${known}`);
    }
    return call(args, signal);
  }

  close(): void {
    for (const close of this.closers) close();
  }

  private add(method: Method, parts: MethodParts): void {
    const to = absoluteName(method.to, this.robot.root);
    switch (method.via) {
      case "topic": {
        const publisher = parts.transport.publisher(to, fullName(method.type));
        this.closers.push(() => publisher.close());
        this.calls.set(method.name, (args, signal) => publishOnce(publisher, to, args, parts.timeoutMs, signal));
        break;
      }
      case "service": {
        const type = fullName(method.type, "srv");
        parts.callers.prepare(to, type);
        this.calls.set(method.name, async (args, signal) => {
          const answer = await parts.callers.call(to, type, args, signal);
          return serviceReceipt(to, answer);
        });
        break;
      }
      case "action": {
        const of = { device: this.robot.id, name: to, type: fullName(method.type, "action") };
        const action = new ActionClient(of, parts.callers, parts.feeds, parts.env, parts.tell);
        this.closers.push(() => action.close());
        this.calls.set(method.name, (args, signal) => action.send(args, signal));
        this.calls.set(`${method.name}.cancel`, (_args, signal) => action.cancel(signal));
        break;
      }
    }
  }
}

async function publishOnce(
  publisher: Publisher,
  topic: string,
  args: Readonly<Record<string, unknown>>,
  withinMs: number,
  signal: AbortSignal,
): Promise<Receipt> {
  requireReader(publisher, topic);
  try {
    publisher.publish(args);
  } catch (error) {
    throw new GatewayError("device-refused", messageOf(error), { cause: error });
  }
  return receipt(await untilAborted(publisher.acknowledged(withinMs), signal, `publishing on ${topic}`));
}

/** Services such as SetBool and Trigger say themselves whether they did it; others are believed when they answer. */
function serviceReceipt(service: string, answer: Readonly<Record<string, unknown>>): Receipt {
  if (answer.success === false) {
    const why = typeof answer.message === "string" && answer.message !== "" ? answer.message : "no reason given";
    throw new GatewayError("device-refused", `${service} answered that it did not: ${why}`, { sent: true });
  }
  return { assurance: "device", result: plain(answer) };
}
