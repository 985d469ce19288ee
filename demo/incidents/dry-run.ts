import type { Incident } from "./incident.ts";

export const dryRun: Incident = {
  name: "dry-run",
  title: "t-1 runs empty and p-1 runs dry until it trips",
  seconds: 900,
  steps: [
    { at: 0, says: "the water works fail", panel: { point: "supply/opening", value: 0 } },
    { at: 20, says: "a drain cock was left open", panel: { point: "t-1/drain", value: 1 } },
    { at: 600, says: "the cock is shut", panel: { point: "t-1/drain", value: 0 } },
    { at: 610, says: "the water works deliver again", panel: { point: "supply/opening", value: 1 } },
    { at: 840, says: "the motor has cooled and is reset", panel: { point: "p-1/reset", value: true } },
  ],
};
