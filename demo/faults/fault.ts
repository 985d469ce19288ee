/** What can be broken on request. The table below says what each does and which settings it takes. */
export type FaultKind =
  | "stuck-valve"
  | "pump-trip"
  | "leak"
  | "sensor-drift"
  | "sensor-offset"
  | "sensor-freeze"
  | "device-off"
  | "slow-device"
  | "drop-answers"
  | "garbage"
  | "busy"
  | "echo-but-ignore"
  | "clamp"
  | "revert"
  | "late-effect"
  | "silent"
  | "message-storm"
  | "clock-off";

/** What a fault may be put on: a valve or pump, a point with an instrument, a device, or a whole network. */
export type FaultScope = "valve" | "pump" | "section" | "instrument" | "device" | "mqtt-device" | "device-or-point" | "device-or-network";

export interface FaultShape {
  scope: FaultScope;
  what: string;
  /** Settings with what they are when nothing is said. */
  settings: Readonly<Record<string, number>>;
}

export const faultShapes: Readonly<Record<FaultKind, FaultShape>> = {
  "stuck-valve": { scope: "valve", what: "the stem stands still while the motor pulls", settings: {} },
  "pump-trip": { scope: "pump", what: "the motor protection opens; it stays open until the pump is reset", settings: {} },
  leak: { scope: "section", what: "a hole in section 2, 0 to 1", settings: { opening: 0.5 } },
  "sensor-drift": { scope: "instrument", what: "the reading walks away, units a second", settings: { perSecond: 0.1 } },
  "sensor-offset": { scope: "instrument", what: "the reading is off by a fixed amount", settings: { by: 1 } },
  "sensor-freeze": { scope: "instrument", what: "the reading stands still", settings: {} },
  "device-off": {
    scope: "device-or-network",
    what: "the unit answers nothing, the client drops its connection, the network closes its port",
    settings: {},
  },
  "slow-device": { scope: "device", what: "every answer or message comes late", settings: { delayMs: 500 } },
  "drop-answers": { scope: "device", what: "a share of the answers or messages is lost", settings: { share: 0.3 } },
  garbage: { scope: "device", what: "a share of the answers or messages is malformed", settings: { share: 0.5 } },
  busy: { scope: "device", what: "every request is answered with an exception", settings: { exception: 6 } },
  "echo-but-ignore": { scope: "device-or-point", what: "a write is answered and nothing happens", settings: {} },
  clamp: { scope: "device-or-point", what: "a write is answered and held within limits", settings: { low: 20, high: 80 } },
  revert: { scope: "device-or-point", what: "a write takes effect and is taken back", settings: { afterMs: 2000 } },
  "late-effect": {
    scope: "device-or-point",
    what: "a write is answered at once and takes effect later, so that a poll can overtake it",
    settings: { afterMs: 1500 },
  },
  silent: { scope: "mqtt-device", what: "connected, and says nothing any more", settings: {} },
  "message-storm": { scope: "mqtt-device", what: "telemetry at a high rate", settings: { perSecond: 500 } },
  "clock-off": { scope: "mqtt-device", what: "times in payloads are wrong", settings: { byMs: -3_600_000 } },
};

export interface Fault {
  target: string;
  kind: FaultKind;
  settings: Readonly<Record<string, number>>;
}

/** A request as it comes over the control door: settings stand beside target, kind and on. */
export interface FaultRequest {
  target: string;
  kind: string;
  on?: boolean;
  [setting: string]: unknown;
}

/** The fault that is meant, or in words why there is none. */
export function readFault(request: FaultRequest): Fault | string {
  const kinds = Object.keys(faultShapes);
  if (typeof request.target !== "string" || request.target === "") return "a fault needs a target";
  if (!kinds.includes(request.kind)) return `there is no fault "${request.kind}"; there are ${kinds.join(", ")}`;
  const kind = request.kind as FaultKind;
  const settings: Record<string, number> = { ...faultShapes[kind].settings };
  for (const [name, value] of Object.entries(request)) {
    if (name === "target" || name === "kind" || name === "on") continue;
    if (!(name in settings)) return `"${kind}" has no setting "${name}"; it has ${Object.keys(settings).join(", ") || "none"}`;
    if (typeof value !== "number" || !Number.isFinite(value)) return `"${name}" of "${kind}" must be a number`;
    settings[name] = value;
  }
  return { target: request.target, kind, settings };
}
