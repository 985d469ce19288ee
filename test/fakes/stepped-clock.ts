// Preloaded into a gateway (NODE_OPTIONS=--import …) whose wall clock a test wants to step: milliseconds, in a file it rewrites.
import { readFileSync } from "node:fs";

const file = process.env.STEPPED_CLOCK;
if (file !== undefined) {
  const real = Date.now.bind(Date);
  let offsetMs = 0;
  const look = (): void => {
    try {
      offsetMs = Number(readFileSync(file, "utf8")) || 0;
    } catch {
      // It is being rewritten; the next look finds it.
    }
  };
  look();
  setInterval(look, 50).unref();
  Date.now = () => real() + offsetMs;
}
