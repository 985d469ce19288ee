import type { Incident } from "./incident.ts";

export const leakAtSection2: Incident = {
  name: "leak-at-section-2",
  title: "A weld in section 2 gives way",
  seconds: 420,
  steps: [
    { at: 0, says: "a hairline crack opens", fault: { target: "section-2", kind: "leak", opening: 0.08 } },
    { at: 60, says: "the crack grows", fault: { target: "section-2", kind: "leak", opening: 0.3 } },
    { at: 120, says: "the weld gives way", fault: { target: "section-2", kind: "leak", opening: 1 } },
    { at: 240, says: "someone shuts v-102", panel: { point: "v-102/command", value: 0 } },
    { at: 255, says: "and v-101", panel: { point: "v-101/command", value: 0 } },
    { at: 330, says: "a clamp is put round the pipe", fault: { target: "section-2", kind: "leak", on: false } },
    { at: 360, says: "v-101 is opened again", panel: { point: "v-101/command", value: 100 } },
    { at: 370, says: "and v-102", panel: { point: "v-102/command", value: 100 } },
  ],
};
