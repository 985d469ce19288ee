import { expect, it } from "vitest";
import type { ExposerModule } from "#src/contract/exposer.ts";
import type { SiteExpose } from "#src/config/site.ts";
import { silentLog } from "#src/kit/log.ts";
import { Exposers, type ExposerParts } from "./exposers.ts";

/** Server sides that only say what is done with them; a port that is taken refuses whoever comes second. */
function sides() {
  const said: string[] = [];
  const taken = new Set<number>();
  const plant = { points: new Map<string, object>([["p", {}]]) };
  const module = {
    describes: ({ shows = [] }: { shows?: readonly string[] }) => shows,
    create(options: { port: number; name: string }) {
      let holds = false;
      return {
        async start() {
          if (taken.has(options.port)) throw new Error("the port is taken");
          taken.add(options.port);
          holds = true;
          if (options.name === "half") throw new Error("a client was not to be reached");
          said.push(`${options.name} opened`);
        },
        async close() {
          if (holds) taken.delete(options.port);
          said.push(`${options.name} closed`);
          if (options.name === "stubborn") throw new Error("socket not running");
        },
      };
    },
  } as unknown as ExposerModule;
  const side = (id: string, port: number, name = id, shows?: readonly string[]): SiteExpose => ({
    id,
    protocol: "x",
    module,
    options: { port, name, ...(shows && { shows }) },
  });
  const parts = { live: { taps: { plant }, time: {}, opened: { timeline: {} } }, desk: {}, log: { ...silentLog, area: () => silentLog } };
  const done = () => said.splice(0);
  return { plant, side, taken, done, exposers: new Exposers(parts as unknown as ExposerParts) };
}

it("opens what is new, closes what is gone, makes anew what changed and leaves the rest alone", async () => {
  const { side, done, exposers } = sides();
  await exposers.apply([side("a", 1), side("b", 2), side("c", 3)]);
  expect(done()).toEqual(["a opened", "b opened", "c opened"]);
  await exposers.apply([side("a", 1), side("b", 9), side("d", 4)]);
  expect(done()).toEqual(["b closed", "c closed", "b opened", "d opened"]);
  await exposers.apply([side("a", 1), side("b", 9), side("d", 4)]);
  expect(done()).toEqual([]);
  await exposers.close();
  expect(done()).toEqual(["a closed", "b closed", "d closed"]);
});

it("two that change places find the port free, and one that could not listen is tried again with the next reload", async () => {
  const { side, taken, done, exposers } = sides();
  await exposers.apply([side("a", 1), side("b", 2)]);
  await exposers.apply([side("a", 2), side("b", 1)]);
  expect(done().slice(2).sort()).toEqual(["a closed", "a opened", "b closed", "b opened"]);
  taken.add(7);
  await exposers.apply([side("c", 7), side("d", 8)]);
  expect(done()).toEqual(["a closed", "b closed", "c closed", "d opened"]);
  taken.delete(7);
  await exposers.apply([side("c", 7), side("d", 8)]);
  expect(done()).toEqual(["c opened"]);
});

it("one that cannot close in good order holds up neither the others nor the next change", async () => {
  const { side, done, exposers } = sides();
  await exposers.apply([side("stubborn", 1), side("b", 2)]);
  await exposers.apply([side("b", 2), side("c", 3)]);
  expect(done()).toEqual(["stubborn opened", "b opened", "stubborn closed", "c opened"]);
  await exposers.close();
  expect(done()).toEqual(["b closed", "c closed"]);
});

it("one that failed on the way leaves nothing behind", async () => {
  const { side, done, exposers } = sides();
  await exposers.apply([side("half", 1), side("b", 1)]);
  expect(done()).toEqual(["half closed", "b opened"]);
});

it("a reload that comes after the close opens nothing", async () => {
  const { side, done, exposers } = sides();
  await exposers.close();
  await exposers.apply([side("a", 1)]);
  expect(done()).toEqual([]);
});

it("one that describes points to its clients is made anew when one of them is described differently, and only that one", async () => {
  const { plant, side, done, exposers } = sides();
  const wanted = () => [side("a", 1, "a", ["p"]), side("b", 2)];
  await exposers.apply(wanted());
  await exposers.apply(wanted());
  expect(done()).toEqual(["a opened", "b opened"]);
  plant.points.set("p", { unit: "%" });
  await exposers.apply(wanted());
  expect(done()).toEqual(["a closed", "a opened"]);
});
