import { expect, it, vi } from "vitest";
import type { OpenedJournal } from "#db/journal/open.ts";
import { siteOf } from "#src/config/fake-module.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { silentLog } from "#src/kit/log.ts";
import { Machine } from "#test/fakes/machine.ts";
import { openStorage } from "./storage.ts";

/** A server that refuses as often as there are refusals, and nobody listens at the address of the one that starts. */
function storageAfter(refusals: GatewayError[]) {
  const machine = new Machine(0);
  const follow = vi.fn();
  const start = vi.fn(async () => {
    const refusal = refusals.shift();
    if (refusal) throw refusal;
    return {
      url: "postgres://plainview@127.0.0.1:1/plainview",
      pid: 0,
      adopted: false,
      isRunning: () => true,
      stop: async () => undefined,
    };
  });
  const errors: string[] = [];
  const log = { ...silentLog, error: (message: string) => void errors.push(message), area: () => log };
  const journal = { follow } as unknown as OpenedJournal;
  const storage = openStorage({
    site: siteOf("site: { name: x }"),
    journal,
    log,
    progress: () => undefined,
    timers: machine.timers,
    start,
  });
  return { storage, machine, start, follow, errors };
}

const full = () => new GatewayError("disk-full", "No space left on device");

it("an embedded server that finds the disk full at the start is tried again until there is room, and told once", async () => {
  const { storage, machine, start, follow, errors } = storageAfter([full(), full()]);
  await storage.opened;
  expect(storage.message()).toContain("No space left");
  expect(() => storage.history()).toThrow(/No space left/);
  for (const times of [2, 3]) {
    machine.run(10_000_000);
    await vi.waitFor(() => expect(start).toHaveBeenCalledTimes(times));
  }
  await vi.waitFor(() => expect(storage.message()).toBeUndefined());
  expect(follow).toHaveBeenCalledTimes(1);
  expect(errors).toEqual([expect.stringContaining("It is tried again")]);
  await storage.close();
});

it("one that cannot be had is not tried again, and closing ends the trying", async () => {
  const hopeless = storageAfter([new GatewayError("no-permission", "no binaries")]);
  await hopeless.storage.opened;
  hopeless.machine.run(1_000_000_000);
  expect(hopeless.start).toHaveBeenCalledTimes(1);
  expect(hopeless.errors).toEqual([expect.stringContaining("not tried again before the next start")]);
  await hopeless.storage.close();

  const closed = storageAfter([full()]);
  await closed.storage.opened;
  await closed.storage.close();
  closed.machine.run(1_000_000_000);
  expect(closed.start).toHaveBeenCalledTimes(1);
});
