import { randomBytes } from "node:crypto";
import type { AdapterEnv, DeviceEvent, Receipt } from "#src/contract/adapter.ts";
import { GatewayError, messageOf } from "#src/kit/errors.ts";
import type { Callers } from "./callers.ts";
import type { Feeds } from "./feeds.ts";
import { actionNames, type Draft, type Message } from "./types/index.ts";
import type { Cancel } from "./transport/transport.ts";

/** How goals end (action_msgs/GoalStatus). */
const ends: Readonly<Record<number, string>> = { 4: "succeeded", 5: "canceled", 6: "aborted" };
/** A goal may take as long as this; then its result is no longer waited for. */
const longestGoalMs = 3_600_000;
/** Goals whose result is waited for at one time. */
const maxGoals = 64;

const cancelType = "action_msgs/srv/CancelGoal";

type Tell = (event: Omit<DeviceEvent, "id">) => void;

/** One action of one robot: goals, what is told on the way, results, and calling a goal off. */
export class ActionClient {
  private readonly device: string;
  private readonly name: string;
  private readonly type: string;
  private readonly callers: Callers;
  private readonly env: AdapterEnv;
  private readonly tell: Tell;
  private readonly goals = new Map<string, readonly number[]>();
  private readonly names: ReturnType<typeof actionNames>;
  private readonly stop: Cancel;
  private readonly closing = new AbortController();

  constructor(of: { device: string; name: string; type: string }, callers: Callers, feeds: Feeds, env: AdapterEnv, tell: Tell) {
    this.device = of.device;
    this.name = of.name;
    this.type = of.type;
    this.callers = callers;
    this.env = env;
    this.tell = tell;
    this.names = actionNames(of.name);
    callers.prepare(this.names.sendGoal, `${of.type}_SendGoal`);
    callers.prepare(this.names.getResult, `${of.type}_GetResult`);
    callers.prepare(this.names.cancelGoal, cancelType);
    this.stop = feeds.listen(this.names.feedback, {
      heard: (heard) => "message" in heard && this.feedback(heard.message),
      gone: () => {},
      trouble: () => {},
    });
  }

  /** Resolves when the goal is accepted; its feedback and its result follow as events. */
  async send(goal: Draft, signal: AbortSignal): Promise<Receipt> {
    if (this.goals.size >= maxGoals) throw new GatewayError("busy", `${maxGoals} goals of ${this.name} are under way`);
    const uuid = [...randomBytes(16)];
    const answer = await this.callers.call(this.names.sendGoal, `${this.type}_SendGoal`, { goal_id: { uuid }, goal }, signal);
    if (answer.accepted !== true) throw new GatewayError("device-refused", `${this.name} did not accept the goal`, { sent: true });
    const id = hex(uuid);
    this.goals.set(id, uuid);
    void this.awaitResult(id, uuid);
    return { assurance: "device", detail: "the goal was accepted", result: { goal: id } };
  }

  /** Calls off every goal we have under way. */
  async cancel(signal: AbortSignal): Promise<Receipt> {
    const goals = [...this.goals.values()];
    if (goals.length === 0) throw new GatewayError("device-refused", `${this.name} has no goal of ours under way`);
    for (const uuid of goals) {
      const request = { goal_info: { goal_id: { uuid }, stamp: { sec: 0, nanosec: 0 } } };
      const answer = await this.callers.call(this.names.cancelGoal, cancelType, request, signal);
      if (Number(answer.return_code) !== 0)
        throw new GatewayError("device-refused", `${this.name} does not call off the goal`, { sent: true });
    }
    return { assurance: "device", detail: `${goals.length} called off` };
  }

  close(): void {
    this.stop();
    this.closing.abort();
  }

  private async awaitResult(id: string, uuid: readonly number[]): Promise<void> {
    try {
      const request = { goal_id: { uuid } };
      const answer = await this.callers.call(this.names.getResult, `${this.type}_GetResult`, request, this.closing.signal, longestGoalMs);
      const status = ends[Number(answer.status)] ?? `status ${String(answer.status)}`;
      this.tell({
        device: this.device,
        type: "ros2.action-result",
        data: { action: this.name, goal: id, status, result: plain(answer.result) },
      });
    } catch (error) {
      if (!this.closing.signal.aborted)
        this.env.log.warn("a goal's result never came", { action: this.name, goal: id, error: messageOf(error) });
    } finally {
      this.goals.delete(id);
    }
  }

  private feedback(message: Message): void {
    const goalId = message.goal_id as Message | undefined;
    const id = hex([...((goalId?.uuid as Uint8Array | undefined) ?? [])]);
    if (!this.goals.has(id)) return;
    this.tell({
      device: this.device,
      type: "ros2.action-feedback",
      data: { action: this.name, goal: id, feedback: plain(message.feedback) },
    });
  }
}

function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("hex");
}

/** A message as JSON can carry it. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value;
}
