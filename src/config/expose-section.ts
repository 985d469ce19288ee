import type { AdapterModule } from "#src/contract/adapter.ts";
import type { PointId } from "#msgs/point.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./problem.ts";
import { isGroup } from "./reading.ts";
import type { Placed, Reading } from "./reading.ts";
import type { SiteExpose } from "./site.ts";

/** Server sides: each checked by the protocol it speaks, and its points against those there are. */
export function readExpose(reading: Reading, modules: readonly AdapterModule[], points: ReadonlySet<PointId>): readonly SiteExpose[] {
  const found: Placed<SiteExpose>[] = [];
  for (const { value, path } of reading.list(reading.root["expose"], ["expose"])) {
    const side = exposed(reading, modules, value, path);
    if (!side) continue;
    found.push({ value: side, path });
    reportUnknownPoints(reading, side.options, points, path);
  }
  reading.unique(found, "a server side");
  return found.map(({ value }) => value);
}

function exposed(reading: Reading, modules: readonly AdapterModule[], written: unknown, path: Path): SiteExpose | undefined {
  if (!isGroup(written)) return void reading.problem(path, "must be a group that begins with id: and protocol:");
  const { protocol, ...own } = written;
  const able = modules.filter(({ server }) => server).map((module) => module.protocol);
  const module = modules.find((one) => one.protocol === protocol)?.server;
  if (!module) return void reading.problem([...path, "protocol"], `must be one of ${able.join(", ")}`);
  const options = reading.shaped(module.options, own, path);
  if (options === undefined) return undefined;
  const problems = module.check(options);
  for (const problem of problems) reading.problem([...path, ...problem.path], problem.message);
  const id = String((options as { id: string }).id);
  return problems.length > 0 ? undefined : { id, protocol: String(protocol), module, options };
}

function reportUnknownPoints(reading: Reading, options: unknown, points: ReadonlySet<PointId>, path: Path): void {
  const listed = (options as { points?: readonly { point: PointId }[] }).points ?? [];
  listed.forEach(({ point }, index) => {
    if (points.has(point)) return;
    const near = nearest(point, [...points]);
    reading.problem([...path, "points", index, "point"], `there is no point "${point}"${near ? `; did you mean "${near}"?` : ""}`);
  });
}
