import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AdapterModule, Connection } from "#src/contract/adapter.ts";
import type { FarSide } from "#test/fakes/scripted-adapter.ts";
import { hostOn } from "#test/fakes/host-rig.ts";
import { farSide, scriptedConfig, scriptedModule } from "#test/fakes/scripted-adapter.ts";
import { silentLog } from "#src/kit/log.ts";
import type { DevicePolling } from "./device-polling.ts";
import { Session } from "./session.ts";

const second = 1_000_000;
const never = new Promise<never>(() => {});

/** The scripted protocol with an adapter that breaks its contract: `bend` replaces parts of each connection. */
function bentModule(far: FarSide, bend: (connection: Connection) => Partial<Connection>, arrives: () => Promise<unknown> = async () => {}) {
  const module = scriptedModule(far);
  return {
    ...module,
    create: (config, env) => ({
      async connect(signal) {
        const connection = await module.create(config, env).connect(signal);
        await arrives();
        return { ...connection, ...bend(connection) };
      },
    }),
  } satisfies AdapterModule;
}

/** One host in front of a well-behaved far side, seen through a bent adapter. */
function bentHost(
  far: FarSide,
  config = scriptedConfig({ a: 1, b: 1 }),
  ...bent: [Parameters<typeof bentModule>[1], (() => Promise<unknown>)?]
) {
  const rig = hostOn(far, config);
  const spec = { ...rig.spec, module: bentModule(far, ...bent) };
  const qualities = () => config.devices.flatMap(({ bindings }) => bindings.map(({ point }) => rig.latest.get(point)?.quality));
  /** Whether it was done by then. */
  const within = async (us: number, work: Promise<unknown>): Promise<boolean> => {
    let isDone = false;
    void work.then(() => (isDone = true));
    await rig.machine.runAsync(us, 10_000);
    return isDone;
  };
  return { ...rig, spec, qualities, within };
}

const rejections: unknown[] = [];
const note = (error: unknown): void => void rejections.push(error);
beforeEach(() => void process.on("unhandledRejection", note));
afterEach(() => {
  process.off("unhandledRejection", note);
  expect(rejections.splice(0)).toEqual([]);
});

describe("a connection that comes after the stop", () => {
  it("is closed when it comes while the stop waits for it", async () => {
    const far = farSide();
    let closed = 0;
    let arrive = (): void => {};
    const bend = (connection: Connection) => ({ close: () => (closed++, connection.close()) });
    const { machine, host, spec, within, links } = bentHost(far, undefined, bend, () => new Promise<void>((resolve) => (arrive = resolve)));
    await host.apply([spec]);
    await machine.runAsync(second, 10_000);
    const applying = host.apply([]);
    await machine.runAsync(second, 10_000);
    arrive();
    expect(await within(100_000, applying)).toBe(true);
    expect(closed).toBe(1);
    expect(far.asked).toEqual([]);
    expect(links()).toEqual(["connecting", "stopped"]);
  });

  it("holds nobody up when it does not come, and is closed when it comes at last", async () => {
    const far = farSide();
    let closed = 0;
    let arrive = (): void => {};
    const bend = (connection: Connection) => ({ close: () => (closed++, connection.close()) });
    const { machine, host, spec, within } = bentHost(far, undefined, bend, () => new Promise<void>((resolve) => (arrive = resolve)));
    await host.apply([spec]);
    await machine.runAsync(second, 10_000);
    expect(await within(2.1 * second, host.apply([]))).toBe(true);
    expect(closed).toBe(0);
    arrive();
    await machine.runAsync(second, 10_000);
    expect(closed).toBe(1);
    expect(far.asked).toEqual([]);
  });
});

describe("a connection that cannot be closed", () => {
  it("does not hold up a reload when it neither closes nor says that it is gone", async () => {
    const far = farSide();
    const other = farSide();
    const { machine, host, spec, within, qualities } = bentHost(far, undefined, () => ({ close: () => never }));
    const otherSpec = { id: "other", module: scriptedModule(other), config: { ...scriptedConfig({ z: 1 }), id: "other" } };
    await host.apply([spec]);
    await machine.runAsync(second, 10_000);
    const both = Promise.all([host.apply([]), host.apply([otherSpec])]);
    expect(await within(2.1 * second, both)).toBe(true);
    await machine.runAsync(100_000, 10_000);
    expect(other.connects).toBe(1);
    expect(qualities()).toEqual([129, 129]);
  });

  it("is left behind when nobody behind it answers any more", async () => {
    const far = farSide();
    const { machine, host, spec, stop } = bentHost(far, undefined, () => ({ close: () => never }));
    await host.apply([spec]);
    await machine.runAsync(2 * second, 10_000);
    far.dead.add("a").add("b");
    await machine.runAsync(5 * second, 10_000);
    far.dead.clear();
    await machine.runAsync(5 * second, 10_000);
    expect(far.connects).toBe(2);
    const stopping = stop();
    await machine.runAsync(3 * second, 10_000);
    await stopping;
  });

  it("that says so with a rejection costs neither the process nor the reload", async () => {
    const far = farSide();
    const bend = (connection: Connection) => ({ close: () => connection.close().then(() => Promise.reject(new Error("cannot close"))) });
    const { machine, host, spec, within } = bentHost(far, undefined, bend);
    far.dead.add("a").add("b");
    await host.apply([spec]);
    await machine.runAsync(10 * second, 10_000);
    expect(far.connects).toBeGreaterThan(1);
    expect(await within(second, host.apply([]))).toBe(true);
    expect(host.status()).toEqual([]);
  });
});

describe("a question that is deaf to its end", () => {
  const deafTo = (device: string, isDeaf: () => boolean, answers: (() => void)[]) => (connection: Connection) => ({
    read: async (...[bindings, ...rest]: Parameters<Connection["read"]>) => {
      if (bindings[0]!.device !== device || !isDeaf()) return connection.read(bindings, ...rest);
      await new Promise<void>((resolve) => answers.push(resolve));
      return bindings.map(() => ({ raw: 666, quality: 0 }));
    },
  });

  it("lets no point look good when the link is lost, nor holds up the next connection for long", async () => {
    const far = farSide();
    let isDeaf = false;
    const answers: (() => void)[] = [];
    const { machine, host, spec, qualities, latest, links, stop } = bentHost(far, undefined, deafTo("a", () => isDeaf, answers)); // prettier-ignore
    await host.apply([spec]);
    await machine.runAsync(2 * second, 10_000);
    isDeaf = true;
    await machine.runAsync(2 * second, 10_000);
    far.refuses = "nobody home";
    far.drop?.();
    await machine.runAsync(1_000);
    expect(qualities()).toEqual([129, 129]);
    expect(links().at(-1)).toBe("down: the far side hung up");
    for (const answer of answers.splice(0)) answer();
    await machine.runAsync(100_000);
    expect(qualities()).toEqual([129, 129]);
    delete far.refuses;
    isDeaf = false;
    await machine.runAsync(5 * second, 10_000);
    expect(far.connects).toBeGreaterThan(1);
    expect(latest.get("a/1")).toMatchObject({ value: 1, quality: 0 });
    await stop();
  });

  it("that never ends is left behind with its connection", async () => {
    const far = farSide();
    let isDeaf = false;
    const { machine, host, spec, within } = bentHost(far, undefined, deafTo("a", () => isDeaf, [])); // prettier-ignore
    await host.apply([spec]);
    await machine.runAsync(2 * second, 10_000);
    isDeaf = true;
    await machine.runAsync(2 * second, 10_000);
    far.drop?.();
    await machine.runAsync(6 * second, 10_000);
    expect(far.connects).toBe(2);
    expect(await within(4.1 * second, host.apply([]))).toBe(true);
  });

  it("is told from a subscription that its device lets go of slowly: then a reload leaves the link as it is", async () => {
    const far = farSide();
    far.subscribes = true;
    far.reconfigured = [];
    const bend = (connection: Connection): Partial<Connection> => ({
      subscribe: async (...about) => ({ ...(await connection.subscribe!(...about)), close: () => never }),
    });
    const { machine, host, spec, within, stop } = bentHost(far, scriptedConfig({ a: 1, b: 1 }, 0), bend);
    await host.apply([spec]);
    await machine.runAsync(second, 10_000);
    expect(await within(2.1 * second, host.apply([{ ...spec, config: scriptedConfig({ b: 1 }, 0) }]))).toBe(true);
    expect(far.reconfigured).toHaveLength(1);
    expect(far.connects).toBe(1);
    await stop();
  });

  it("makes a reload open the link anew: no adapter is reconfigured under it", async () => {
    const far = farSide();
    far.reconfigured = [];
    let isDeaf = false;
    const { machine, host, spec, within, stop } = bentHost(far, undefined, deafTo("a", () => isDeaf, [])); // prettier-ignore
    await host.apply([spec]);
    await machine.runAsync(2 * second, 10_000);
    isDeaf = true;
    await machine.runAsync(2 * second, 10_000);
    isDeaf = false;
    const applying = host.apply([{ ...spec, config: scriptedConfig({ b: 1 }) }]);
    expect(await within(4.1 * second, applying)).toBe(true);
    await machine.runAsync(second, 10_000);
    expect(far.reconfigured).toEqual([]);
    expect(far.connects).toBe(2);
    await stop();
  });
});

it("a device that left is not held for as long as the connection stands", async () => {
  const far = farSide();
  const { machine, spec, time } = hostOn(far, scriptedConfig({ a: 1 }));
  const { timers } = machine;
  const connecting = spec.module.create(spec.config, { time, timers, log: silentLog }).connect(new AbortController().signal);
  await machine.runAsync(10_000);
  const session = new Session(await connecting, { timers, log: silentLog });
  const serve = (_: Connection, signal: AbortSignal): Promise<void> => timers.sleep(1e9, signal).catch(() => {});
  const device = { serve } as Partial<DevicePolling> as DevicePolling;
  session.begin(device);
  expect(session.serves(device)).toBe(true);
  await session.end([device], new Error("it left"));
  expect(session.serves(device)).toBe(false);
});

describe("a link that comes and goes", () => {
  /** Each connection answers, and is gone after this long. */
  async function dropping(afterMs: number, us: number) {
    const far = farSide();
    const arrives = async (): Promise<void> => {
      rig.machine.timers.after(afterMs, () => far.drop?.());
    };
    const rig = bentHost(far, scriptedConfig({ a: 1 }), () => ({}), arrives);
    await rig.host.apply([rig.spec]);
    await rig.machine.runAsync(us, 20_000);
    await rig.stop();
    return { connects: far.connects, facts: rig.facts.filter(({ kind }) => kind === "link").length };
  }

  it("at once is tried ever more rarely, though it answers each time", async () => {
    const { connects, facts } = await dropping(100, 600 * second);
    expect(connects).toBeGreaterThan(20);
    expect(connects).toBeLessThan(60);
    expect(facts).toBeLessThan(250);
  });

  it("after it held for longer than the longest pause is tried again at once", async () => {
    const { connects } = await dropping(40_000, 600 * second);
    expect(connects).toBeGreaterThanOrEqual(15);
  });
});
