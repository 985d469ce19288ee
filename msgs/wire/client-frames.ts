import { Type, type Static, type TObject, type TProperties } from "../schema/type.ts";
import type { ClientFrameType, MissionFrameType, SessionFrameType, WriteFrameType } from "./frame-types.ts";
import {
  FreeData,
  IdText,
  PatternText,
  PrioritySchema,
  ReasonText,
  RequestId,
  SpeedSchema,
  TimeText,
  TtlMs,
  ValueSchema,
} from "./values.ts";

/**
 * Every frame a client may send, declared once. Unknown properties are refused: a misspelt `prioirty` on a write must not
 * be passed over in silence.
 */

function frame<Name extends string, Shape extends TProperties>(type: Name, shape: Shape, description: string) {
  return Type.Object(
    { type: Type.Literal(type), requestId: Type.Optional(RequestId), ...shape },
    { additionalProperties: false, description, title: type },
  );
}

/** What every write may carry. `timeline` is the one the sender's screen shows; anything but `live` is refused. */
const write = {
  timeline: Type.Optional(IdText),
  commandId: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: "^[A-Za-z0-9._:-]+$",
      description: "Chosen by the client so that sending it twice is harmless; made by the gateway when absent.",
    }),
  ),
  priority: Type.Optional(PrioritySchema),
  ttlMs: Type.Optional(TtlMs),
  reason: Type.Optional(ReasonText),
  expiresAt: Type.Optional(TimeText),
};
const expected = Type.Optional(ValueSchema);
const timeline = Type.Optional(IdText);

const RecipeStep = Type.Union([
  Type.Object({ point: IdText, value: ValueSchema, expected }, { additionalProperties: false }),
  Type.Object({ point: IdText, release: Type.Literal(true) }, { additionalProperties: false }),
]);

export const writeFrames = {
  "valve.actuate": frame(
    "valve.actuate",
    {
      valveId: IdText,
      position: Type.Optional(Type.Union([Type.Number(), Type.Boolean(), Type.Enum(["open", "closed"])])),
      expected,
      ...write,
    },
    "Moves a valve to a position; without one it goes to the other end.",
  ),
  "point.write": frame("point.write", { point: IdText, value: ValueSchema, expected, ...write }, "Sets a point at a priority."),
  "point.release": frame("point.release", { point: IdText, ...write }, "Gives the slot at this priority back."),
  "device.call": frame(
    "device.call",
    { device: IdText, method: Type.String({ minLength: 1, maxLength: 200 }), args: Type.Optional(FreeData), ...write },
    "Calls a method, an action or a service of a device.",
  ),
  "recipe.apply": frame(
    "recipe.apply",
    {
      recipe: Type.Optional(IdText),
      steps: Type.Optional(Type.Array(RecipeStep, { minItems: 1, maxItems: 200 })),
      stages: Type.Optional(
        Type.Array(Type.Array(RecipeStep, { minItems: 1, maxItems: 200 }), {
          minItems: 1,
          maxItems: 100,
          description:
            "Instead of steps: those of one stage are written together, and the next stage waits until all of them are verified.",
        }),
      ),
      title: Type.Optional(Type.String({ maxLength: 200 })),
      order: Type.Optional(Type.Enum(["together", "one-by-one"])),
      compensate: Type.Optional(Type.Boolean()),
      ...write,
    },
    "Writes many points as one, by the name of a recipe in the site file, by its steps or by its stages: all verified, or brought back to what they were.",
  ),
  "command.cancel": frame("command.cancel", { commandId: IdText, timeline }, "Takes a command back that has not been sent."),
  "command.release": frame("command.release", { commandId: IdText, timeline }, "A second person releases a held command."),
  "command.select": frame(
    "command.select",
    { point: IdText, value: Type.Optional(ValueSchema), release: Type.Optional(Type.Literal(true)), timeline },
    "Reserves a point for this client's next write; with `value` or `release` for exactly that, and any other is refused.",
  ),
  "overrides.release": frame(
    "overrides.release",
    {
      points: Type.Optional(Type.Array(PatternText, { minItems: 1, maxItems: 100 })),
      confirm: Type.Literal(true),
      reason: Type.Optional(ReasonText),
      timeline,
    },
    "Releases every manual override, or those of the points named.",
  ),
  "lease.take": frame(
    "lease.take",
    { scope: IdText, ttlMs: Type.Optional(TtlMs), reason: Type.Optional(ReasonText), preempt: Type.Optional(Type.Boolean()), timeline },
    "Takes the sole right to command a point, a device or an area; with `preempt` from whoever holds it, after a grace time.",
  ),
  "lease.renew": frame("lease.renew", { leaseId: IdText, ttlMs: Type.Optional(TtlMs), timeline }, "Holds a lease for longer."),
  "lease.hand-over": frame("lease.hand-over", { leaseId: IdText, to: IdText, timeline }, "Gives a lease to somebody else."),
  "lease.release": frame("lease.release", { leaseId: IdText, timeline }, "Gives a lease back."),
  "alert.resolve": frame("alert.resolve", { alertId: IdText, timeline }, "Acknowledges and closes an alert whose condition is over."),
  "detection.ack": frame("detection.ack", { detectionId: IdText, timeline }, "Acknowledges a detection."),
} as const satisfies Record<WriteFrameType, TObject>;

const missionId = IdText;

export const missionFrames = {
  "mission.create": frame(
    "mission.create",
    {
      title: Type.String({ minLength: 1, maxLength: 200 }),
      from: Type.Optional(TimeText),
      to: Type.Optional(TimeText),
      sourceIncidentId: Type.Optional(IdText),
    },
    "Makes a replay of an incident or of a stretch of time.",
  ),
  "mission.start": frame("mission.start", { missionId }, "Starts a mission."),
  "mission.pause": frame("mission.pause", { missionId }, "Pauses it."),
  "mission.resume": frame("mission.resume", { missionId }, "Goes on."),
  "mission.stop": frame("mission.stop", { missionId }, "Ends it."),
  "mission.setspeed": frame("mission.setspeed", { missionId, speed: SpeedSchema }, "Changes its pace."),
  "mission.seek": frame("mission.seek", { missionId, to: TimeText }, "Jumps to an instant of the record."),
  "mission.branch": frame(
    "mission.branch",
    { missionId, title: Type.String({ minLength: 1, maxLength: 200 }), modifications: Type.Array(FreeData, { maxItems: 1000 }) },
    "Asks what would have happened with these changes.",
  ),
} as const satisfies Record<MissionFrameType, TObject>;

export const sessionFrames = {
  auth: frame(
    "auth",
    { token: Type.String({ minLength: 1, maxLength: 8192 }) },
    "Signs this connection in; first frame, within five seconds.",
  ),
  subscribe: frame(
    "subscribe",
    {
      subscription: Type.Optional(
        Type.String({ minLength: 1, maxLength: 64, description: "A name to change or end it by; the same name again replaces it." }),
      ),
      timeline,
      patterns: Type.Array(PatternText, { maxItems: 1000 }),
      maxRateHz: Type.Optional(Type.Number({ minimum: 0.1, maximum: 50 })),
      form: Type.Optional(
        Type.Enum(["rows", "columns"], { description: "`columns` carries point keys and integer microseconds, for screens." }),
      ),
    },
    "From now on the values of these points, newest first at once, and what is worked out from them.",
  ),
  unsubscribe: frame("unsubscribe", { subscription: Type.Optional(Type.String({ maxLength: 64 })) }, "Ends one subscription, or all."),
  ping: frame("ping", {}, "Answered with pong; for clients that cannot send a WebSocket ping."),
} as const satisfies Record<SessionFrameType, TObject>;

export const clientFrames = { ...sessionFrames, ...writeFrames, ...missionFrames } as const;

export type ClientFrameOf<T extends ClientFrameType> = Static<(typeof clientFrames)[T]>;
export type ClientFrame = { [T in ClientFrameType]: ClientFrameOf<T> }[ClientFrameType];
export type WriteFrame = { [T in WriteFrameType]: ClientFrameOf<T> }[WriteFrameType];
export type MissionFrame = { [T in MissionFrameType]: ClientFrameOf<T> }[MissionFrameType];
