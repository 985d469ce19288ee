import { Type, type Static } from "../schema/type.ts";
import { writeFrames } from "./client-frames.ts";
import {
  CommandJson,
  FreeData,
  IdText,
  LatestJson,
  LinkStateSchema,
  MissionJson,
  PrincipalJson,
  PrioritySchema,
  QualityByte,
  RoleSchema,
  SpeedSchema,
  TimeText,
  ValueOrNull,
  ValueSchema,
} from "./values.ts";

/** Bodies and answers of the HTTP routes. The same objects validate, type and document. */

const growing = { additionalProperties: Type.Unknown() };

/** Every answer that is not a success. `code` is for programs, `message` for people. */
export const Refused = Type.Object(
  { code: Type.String(), message: Type.String(), details: Type.Optional(Type.Array(Type.String())), commandId: Type.Optional(IdText) },
  growing,
);
export type Refused = { code: string; message: string; details?: string[]; commandId?: string };

export const PointJson = Type.Object(
  {
    id: IdText,
    key: Type.Integer(),
    device: IdText,
    area: IdText,
    kind: Type.Enum(["number", "boolean", "text", "state"]),
    title: Type.Optional(Type.String()),
    unit: Type.Optional(Type.String()),
    range: Type.Optional(Type.Object({ min: Type.Number(), max: Type.Number() })),
    states: Type.Optional(Type.Record(Type.String(), Type.String())),
    staleAfterMs: Type.Optional(Type.Number()),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    binding: Type.Optional(FreeData),
    control: Type.Optional(FreeData),
    writable: Type.Boolean(),
    latest: Type.Union([
      Type.Intersect([LatestJson, Type.Object({ lastGood: Type.Optional(Type.Object({ value: ValueSchema, at: TimeText })) })]),
      Type.Null(),
    ]),
  },
  growing,
);
export type PointJson = Static<typeof PointJson>;

/** What a link or a device has done since the gateway started; rates are of about the last ten seconds. */
export const LinkCountersJson = Type.Object(
  {
    points: Type.Integer(),
    pointsPerSecond: Type.Number(),
    requests: Type.Integer(),
    requestsPerSecond: Type.Number(),
    errors: Type.Record(Type.String(), Type.Integer()),
    connects: Type.Integer(),
    shed: Type.Integer(),
    /** Upper bounds and how many fell under each, the last without bound. */
    roundTrip: Type.Object({ upperMs: Type.Array(Type.Number()), counts: Type.Array(Type.Integer()), sumMs: Type.Number() }),
  },
  growing,
);

export const DeviceJson = Type.Object(
  {
    id: IdText,
    adapter: IdText,
    protocol: Type.String(),
    title: Type.Optional(Type.String()),
    area: Type.Optional(IdText),
    state: LinkStateSchema,
    since: Type.Optional(TimeText),
    reason: Type.Optional(Type.String()),
    points: Type.Integer(),
    quality: QualityByte,
    counters: Type.Optional(LinkCountersJson),
    /** The link it is reached by, which its neighbours may share. */
    link: Type.Optional(
      Type.Object(
        {
          state: LinkStateSchema,
          counters: LinkCountersJson,
          /** What the adapter itself counts; of one device, for whoever may see the whole plant. */
          health: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
        },
        growing,
      ),
    ),
  },
  growing,
);
export type DeviceJson = Static<typeof DeviceJson>;

export const HistoryRowJson = Type.Object({ point: IdText, sourceTime: TimeText, at: TimeText, value: ValueOrNull, quality: QualityByte });
export type HistoryRowJson = Static<typeof HistoryRowJson>;

const numberOrNull = Type.Union([Type.Number(), Type.Null()]);
export const BucketRowJson = Type.Object({
  point: IdText,
  time: TimeText,
  count: Type.Integer(),
  min: numberOrNull,
  max: numberOrNull,
  mean: numberOrNull,
  last: numberOrNull,
  quality: QualityByte,
});
export type BucketRowJson = Static<typeof BucketRowJson>;

/** Means that weigh each value by how long it held; `covered` is the share of the bucket anything is known of. */
export const WeightedRowJson = Type.Object({ point: IdText, time: TimeText, mean: numberOrNull, covered: Type.Number() });
export type WeightedRowJson = Static<typeof WeightedRowJson>;

/** One dot of a line fitted to pixels. */
export const DotRowJson = Type.Object({ point: IdText, time: TimeText, value: Type.Number(), quality: QualityByte });
export type DotRowJson = Static<typeof DotRowJson>;

/** The value in force at an instant; `sourceTime` is when it came to be so, and is missing when there is none. */
export const AtTimeRowJson = Type.Object({
  point: IdText,
  time: TimeText,
  value: ValueOrNull,
  quality: QualityByte,
  sourceTime: Type.Optional(TimeText),
});
export type AtTimeRowJson = Static<typeof AtTimeRowJson>;

const StretchJson = Type.Object({ from: TimeText, to: TimeText });
/** A stretch that is missing from the record, declared; `missing` is what later records have not filled. */
export const LossJson = Type.Object(
  {
    id: Type.String(),
    stream: Type.String({ description: "`*`, an adapter, or adapter/device." }),
    from: TimeText,
    to: TimeText,
    lost: Type.Union([Type.Integer(), Type.Literal("unknown")]),
    why: Type.String(),
    filled: Type.Optional(Type.Boolean()),
    declaredAt: TimeText,
    state: Type.Enum(["open", "partly", "filled"]),
    missing: Type.Array(StretchJson),
  },
  growing,
);
export type LossJson = Static<typeof LossJson>;

/** Something recorded that is neither a value nor a command. */
export const RecordJson = Type.Object({ id: IdText, at: TimeText, kind: Type.String() }, growing);
export type RecordJson = { id: string; at: string; kind: string; [field: string]: unknown };

/** The rows behind the view flow_metrics_1h. */
export const FlowRowJson = Type.Object({ time: TimeText, flowRateLpm: numberOrNull, pressurePa: numberOrNull, temperatureC: numberOrNull });
export type FlowRowJson = Static<typeof FlowRowJson>;

export const OverrideJson = Type.Object(
  {
    id: IdText,
    point: IdText,
    priority: PrioritySchema,
    value: ValueSchema,
    by: Type.String(),
    since: TimeText,
    expiresAt: Type.Union([TimeText, Type.Null()]),
    reason: Type.Optional(Type.String()),
    inEffect: Type.Boolean(),
    why: Type.Optional(Type.String({ description: "Why it is not in effect." })),
  },
  growing,
);
export type OverrideJson = Static<typeof OverrideJson>;

export const AlarmJson = Type.Object(
  { id: IdText, point: Type.Optional(IdText), state: Type.String(), priority: Type.String(), message: Type.String(), since: TimeText },
  growing,
);
export type AlarmJson = Static<typeof AlarmJson>;

export const IncidentJson = Type.Object(
  { id: IdText, title: Type.String(), from: TimeText, to: TimeText, note: Type.Optional(Type.String()) },
  growing,
);
export type IncidentJson = Static<typeof IncidentJson>;
export const NewIncident = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 200 }),
    from: TimeText,
    to: TimeText,
    note: Type.Optional(Type.String({ maxLength: 4000 })),
  },
  { additionalProperties: false },
);

/** What POST /commands takes: the write frames, with `type` left out meaning point.write. */
const { type: _type, requestId: _requestId, ...plainWrite } = writeFrames["point.write"].properties;
export const CommandBody = Type.Union([
  Type.Object({ type: Type.Optional(Type.Literal("point.write")), ...plainWrite }, { additionalProperties: false, title: "point.write" }),
  writeFrames["point.release"],
  writeFrames["valve.actuate"],
  writeFrames["device.call"],
  writeFrames["recipe.apply"],
]);
export const CommandAccepted = Type.Intersect([
  Type.Object({ commandId: IdText, state: Type.String() }),
  Type.Partial(Type.Omit(CommandJson, ["state", "commandId"])),
]);
export type CommandAccepted = { commandId: string; state: string } & Partial<Omit<CommandJson, "state" | "commandId">>;

export const NewMissionBody = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 200 }),
    type: Type.Literal("replay"),
    from: Type.Optional(TimeText),
    to: Type.Optional(TimeText),
    sourceIncidentId: Type.Optional(IdText),
  },
  { additionalProperties: false },
);
export const SpeedBody = Type.Object({ speed: SpeedSchema }, { additionalProperties: false });
export const SeekBody = Type.Object({ to: TimeText }, { additionalProperties: false });
export const BranchBody = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 200 }),
    modifications: Type.Array(Type.Object({ eventIndex: Type.Optional(Type.Integer({ minimum: 0 })), changes: FreeData }), {
      maxItems: 1000,
    }),
  },
  { additionalProperties: false },
);
export { MissionJson };

export const Ros2NodeJson = Type.Object({ id: IdText, name: Type.String(), state: Type.String(), device: Type.Optional(IdText) }, growing);
export type Ros2NodeJson = { id: string; name: string; state: string; device?: string; [field: string]: unknown };
export const Ros2CommandBody = Type.Object(
  {
    command: Type.String({ minLength: 1, maxLength: 200 }),
    args: Type.Optional(FreeData),
    commandId: Type.Optional(IdText),
    timeline: Type.Optional(IdText),
  },
  { additionalProperties: false },
);
export const Ros2CommandAnswer = Type.Object({ ok: Type.Boolean(), commandId: IdText });

export const WsStatus = Type.Object({ connectedClients: Type.Integer(), recentCommands: Type.Array(CommandJson) }, growing);
export type WsStatus = { connectedClients: number; recentCommands: CommandJson[] };
export const Health = Type.Object({ status: Type.Literal("ok"), version: Type.String(), now: TimeText }, growing);
export const Ready = Type.Object({ ready: Type.Boolean(), waitingFor: Type.Array(Type.String()) }, growing);

/** What a reload of the site file changed, in words. */
export const Reloaded = Type.Object({ changed: Type.String() }, growing);
export type Reloaded = { changed: string };

export const SignInBody = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 100 }), password: Type.String({ minLength: 1, maxLength: 1000 }) },
  { additionalProperties: false },
);
export const SignInAnswer = Type.Object({ token: Type.String(), expiresAt: TimeText, principal: PrincipalJson });
export type SignInAnswer = Static<typeof SignInAnswer>;
export const FirstAdminBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: 200 }),
    name: Type.String({ minLength: 1, maxLength: 100 }),
    password: Type.String({ minLength: 10, maxLength: 1000 }),
  },
  { additionalProperties: false },
);
export const NewUserBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: "^[A-Za-z0-9._@-]+$" }),
    password: Type.String({ minLength: 10, maxLength: 1000 }),
    role: RoleSchema,
    areas: Type.Optional(Type.Array(IdText, { maxItems: 1000 })),
  },
  { additionalProperties: false },
);
export const NewKeyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100, pattern: "^[A-Za-z0-9._@-]+$" }),
    role: RoleSchema,
    areas: Type.Optional(Type.Array(IdText, { maxItems: 1000 })),
    expiresAt: Type.Optional(TimeText),
  },
  { additionalProperties: false },
);
export const SessionJson = Type.Object({
  id: IdText,
  principal: PrincipalJson,
  createdAt: TimeText,
  expiresAt: TimeText,
  lastSeenAt: TimeText,
  from: Type.String(),
  sockets: Type.Integer(),
});
export type SessionJson = Static<typeof SessionJson>;
