import type { AdapterEnv, Binding, Reading } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { givenUp } from "../kit/abort.ts";
import type { Device, Waiter } from "./device.ts";
import type { DevicePlan } from "./plan.ts";
import { topicBelow } from "./topic.ts";
import type { Session } from "./session.ts";

/** Whether a question on its askTopic brings an answer about all these points. */
export function canAsk({ limits, topics }: DevicePlan, bindings: readonly Binding[]): boolean {
  if (limits.askTopic === undefined) return false;
  const answer = topics.find((topic) => topic.isAnswer);
  const points = new Set(answer?.fields.map(({ binding }) => binding.point));
  return bindings.every(({ point }) => points.has(point));
}

/** Puts the question and waits for what the device then says by itself; what a broker kept is no answer. */
export async function ask(
  device: Device,
  bindings: readonly Binding[],
  session: Session,
  env: AdapterEnv,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<readonly Reading[]> {
  const { plan } = device;
  const { askTopic, askPayload, commandQos } = plan.limits;
  const what = `asking ${plan.id}`;
  let waiter: Waiter | undefined;
  let settle = () => {};
  const answered = new Promise<ReadonlyMap<string, Reading>>((resolve, reject) => {
    if (signal.aborted) return reject(givenUp(signal, what));
    const answers = new Map<string, Reading>();
    waiter = { missing: new Set(bindings.map(({ point }) => point)), answers, done: () => resolve(answers) };
    device.waiters.add(waiter);
    const onAbort = () => reject(givenUp(signal, what, { sent: true }));
    signal.addEventListener("abort", onAbort, { once: true });
    const cancel = env.timers.after(timeoutMs, () =>
      reject(new GatewayError("timeout", `${plan.id} did not answer within ${timeoutMs} ms`, { sent: true })),
    );
    settle = () => (cancel(), signal.removeEventListener("abort", onAbort));
    void session.lost.then((error) => reject(new GatewayError(error.code, error.message, { sent: true })));
  });
  try {
    const telling = { topic: topicBelow(plan.base, askTopic!, plan.name), payload: askPayload, qos: commandQos, retain: false };
    const [answers] = await Promise.all([answered, session.publish(telling, signal)]);
    return bindings.map(({ point }) => answers.get(point)!);
  } finally {
    settle();
    if (waiter) device.waiters.delete(waiter);
  }
}
