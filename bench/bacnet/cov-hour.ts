// node bench/bacnet/cov-hour.ts [minutes] [changes per second]: the long run, one line a minute.
import { covRun, type CovLook } from "./cov-run.ts";

const minutes = Number(process.argv[2] ?? 60);
const perSecond = Number(process.argv[3] ?? 1_000);

console.log("| min | changes | sent | heard | lost | told again | kernel dropped here | at devices | heap MB | RSS MB | RSS devices MB |");
console.log("|---|---|---|---|---|---|---|---|---|---|---|");
const looks = await covRun({ seconds: minutes * 60, perSecond, lookEveryS: 60, onLook: (look) => console.log(lineOf(look)) });
const last = looks.at(-1)!;
// What was lost at the very end leaves no gap: made and heard have to be equal as well.
const missing = last.changes - (last.heard - last.repeated);
console.log(`${(last.changes / last.second).toFixed(0)} changes/s over ${last.second} s, ${missing} of them never heard of`);
if (missing > 0) process.exitCode = 1;

function lineOf(look: CovLook): string {
  const { second, changes, notifications, heard, lost, repeated, dropsHere, dropsAtDevices, heapMb, rssMb, rssDevicesMb } = look;
  const counts = [second / 60, changes, notifications, heard, lost, repeated, dropsHere, dropsAtDevices];
  return `| ${[...counts, ...[heapMb, rssMb, rssDevicesMb].map((mb) => mb.toFixed(1))].join(" | ")} |`;
}
