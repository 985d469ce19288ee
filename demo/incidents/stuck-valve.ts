import type { Incident } from "./incident.ts";

export const stuckValve: Incident = {
  name: "stuck-valve",
  title: "v-102 jams half way while someone closes it",
  seconds: 180,
  steps: [
    { at: 0, says: "v-102 is told to close", panel: { point: "v-102/command", value: 0 } },
    { at: 4, says: "and jams half way", fault: { target: "v-102", kind: "stuck-valve" } },
    { at: 120, says: "it is freed by hand and closes", fault: { target: "v-102", kind: "stuck-valve", on: false } },
    { at: 150, says: "and is opened again", panel: { point: "v-102/command", value: 100 } },
  ],
};
