import { Type, type Static, type TProperties } from "../schema/type.ts";
import {
  CommandJson,
  FreeData,
  IdText,
  LinkStateSchema,
  MissionJson,
  PrincipalJson,
  QualityByte,
  RequestId,
  SampleJson,
  SpeedSchema,
  TimeText,
  ValueOrNull,
} from "./values.ts";

/**
 * Every frame the gateway sends, declared once. Each carries the timeline it belongs to, so that a replay can never be
 * taken for now. Clients pass over properties they do not know: frames grow that way.
 */

function frame<Name extends string, Shape extends TProperties>(type: Name, shape: Shape, description: string) {
  return Type.Object({ type: Type.Literal(type), timeline: IdText, ...shape }, { description, title: type });
}

const requestId = Type.Optional(RequestId);

/** First thing said on a connection: what this gateway can do, and who it takes the client for. */
export const ConnectedData = Type.Object({
  type: Type.Literal("connected"),
  features: Type.Array(Type.String()),
  version: Type.Optional(Type.String()),
  site: Type.Optional(Type.String()),
  principal: Type.Optional(PrincipalJson),
  signInBy: Type.Optional(TimeText),
  notice: Type.Optional(Type.String({ description: "What a screen must say: that commands need no sign-in on this machine." })),
});
export type ConnectedData = Static<typeof ConnectedData>;

export const EventData = Type.Object(
  {
    type: Type.String({
      description: "connected, signed-in, valve.actuation.requested, command.confirmed, device.telemetry, plant.revised, gap.declared, …",
    }),
    at: Type.Optional(TimeText),
  },
  { additionalProperties: Type.Unknown() },
);
export type EventData = { type: string; at?: string; [field: string]: unknown };

/** `data` of an event whose type is a command's: valve.actuation.requested, command.confirmed, … */
export const CommandEventData = Type.Intersect([Type.Object({ type: Type.String() }), CommandJson]);
export type CommandEventData = CommandJson & { type: string; valveId?: string; point?: string; device?: string };

export const serverFrames = {
  event: frame(
    "event",
    { commandId: Type.Optional(IdText), data: EventData },
    "Something happened: on the connection, to a command, at a device.",
  ),
  ack: frame(
    "ack",
    {
      requestId,
      commandId: Type.Optional(IdText),
      status: Type.Enum(["success", "rejected"]),
      code: Type.Optional(Type.String()),
      message: Type.Optional(Type.String()),
      data: Type.Object({ action: Type.String() }, { additionalProperties: Type.Unknown() }),
    },
    "The answer at once: understood and let through, or refused with a reason. What became of it comes as events.",
  ),
  error: frame(
    "error",
    { requestId, code: Type.String(), message: Type.String(), details: Type.Optional(Type.Array(Type.String())) },
    "The frame could not be used. The connection lives on.",
  ),
  samples: frame("samples", { samples: Type.Array(SampleJson) }, "The newest value of each point since the last such frame."),
  points: frame(
    "points",
    { keys: Type.Array(Type.Integer()), points: Type.Array(IdText) },
    "Which key stands for which point in `columns` frames; sent before the first one that uses it.",
  ),
  columns: frame(
    "columns",
    {
      keys: Type.Array(Type.Integer()),
      values: Type.Array(ValueOrNull),
      qualities: Type.Array(QualityByte),
      sourceTimesUs: Type.Array(Type.Integer()),
      atUs: Type.Array(Type.Integer()),
    },
    "The same as `samples`, one array per field.",
  ),
  overtaken: frame(
    "overtaken",
    { count: Type.Integer({ minimum: 1 }) },
    "This client reads too slowly: so many values were replaced by newer ones before it took them.",
  ),
  derived: frame(
    "derived",
    { at: TimeText, tap: Type.String(), subject: Type.String(), state: Type.String(), detail: Type.Optional(FreeData) },
    "Something was worked out from the facts: a point went stale, an alarm rose.",
  ),
  link: frame(
    "link",
    {
      at: TimeText,
      adapter: IdText,
      device: Type.Optional(IdText),
      state: LinkStateSchema,
      code: Type.Optional(Type.String()),
      reason: Type.Optional(Type.String()),
    },
    "A link, or one device behind it, changed state.",
  ),
  timeline: frame(
    "timeline",
    {
      now: TimeText,
      kind: Type.Enum(["live", "replay", "branch"]),
      state: Type.String({ description: "live, or the state of the mission." }),
      speed: Type.Optional(SpeedSchema),
      trusted: Type.Optional(Type.Boolean({ description: "False while the wall clock cannot be believed." })),
    },
    "What time it is on this timeline; about once a second while it is watched.",
  ),
  mission: frame("mission", { mission: MissionJson }, "A mission changed."),
  pong: frame("pong", { requestId, now: TimeText }, "The answer to ping."),
} as const;

export type ServerFrameType = keyof typeof serverFrames;
/** What the schemas leave open stays open in the types as well: `data` of events and of acks. */
export type ServerFrameOf<T extends ServerFrameType> = T extends "event"
  ? Open<"event", EventData>
  : T extends "ack"
    ? Open<"ack", { action: string; [field: string]: unknown }>
    : Static<(typeof serverFrames)[T]>;
type Open<T extends "event" | "ack", Data> = Omit<Static<(typeof serverFrames)[T]>, "data"> & { data: Data };
export type ServerFrame = { [T in ServerFrameType]: ServerFrameOf<T> }[ServerFrameType];

export const serverEventTypes = [
  "connected",
  "signed-in",
  "signed-out",
  "plant.revised",
  "gap.declared",
  "clock.moved",
  "operator.acted",
  "device.telemetry",
] as const;
