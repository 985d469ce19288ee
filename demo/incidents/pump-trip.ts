import type { Incident } from "./incident.ts";

export const pumpTrip: Incident = {
  name: "pump-trip",
  title: "The motor protection of p-1 opens",
  seconds: 180,
  steps: [
    { at: 0, says: "p-1 trips", fault: { target: "p-1", kind: "pump-trip" } },
    { at: 40, says: "the booster is started to keep some flow", panel: { point: "p-2/run", value: true } },
    { at: 115, says: "the cause was a loose terminal", fault: { target: "p-1", kind: "pump-trip", on: false } },
    { at: 120, says: "the protection is reset", panel: { point: "p-1/reset", value: true } },
    { at: 150, says: "the booster is stopped again", panel: { point: "p-2/run", value: false } },
  ],
};
