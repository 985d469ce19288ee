import type { Incident } from "./incident.ts";

export const sensorDrift: Incident = {
  name: "sensor-drift",
  title: "The inlet flow meter walks away and the controller believes it",
  seconds: 300,
  steps: [
    { at: 0, says: "the meter begins to read too high", fault: { target: "pipe/flow", kind: "sensor-drift", perSecond: 0.6 } },
    { at: 240, says: "the meter is calibrated", fault: { target: "pipe/flow", kind: "sensor-drift", on: false } },
  ],
};
