import { Type, type Static } from "../schema/type.ts";
import { commandEnds, commandStates } from "../command.ts";
import { linkStates } from "../fact.ts";
import { missionStates } from "../mission.ts";

/** The words every frame, body and answer is made of, each declared once. */

/** An instant as people and other programs read it. Bare numbers are refused: they could be seconds, milliseconds or anything. */
export const TimeText = Type.String({
  pattern: "^\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}:\\d{2}([.,]\\d{1,9})?(Z|z|[+-]\\d{2}:?\\d{2})$",
  description: "RFC 3339 with a zone, up to microseconds: 2026-11-20T10:00:05.000250Z",
});

/** A number, a yes or no, or text; integers beyond 2^53 travel as decimal strings. */
export const ValueSchema = Type.Union([Type.Number(), Type.Boolean(), Type.String({ maxLength: 4096 })]);
export const ValueOrNull = Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()], {
  description: "Null only when the quality is bad and nothing is known.",
});

export const QualityByte = Type.Integer({
  minimum: 0,
  maximum: 255,
  description: "0 good, from 64 uncertain, from 128 bad; worse is larger.",
});
export const PrioritySchema = Type.Integer({ minimum: 1, maximum: 16, description: "1 life safety … 8 manual operator … 16 lowest." });

export const IdText = Type.String({ minLength: 1, maxLength: 200, pattern: "^[^\\u0000-\\u001f]+$" });
export const RequestId = Type.String({ minLength: 1, maxLength: 64, description: "Chosen by the client; comes back in the answer." });
export const ReasonText = Type.String({ minLength: 1, maxLength: 500 });
export const PatternText = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: "^[^\\u0000-\\u001f]+$",
  description: "A point id in which * stands for one word between slashes and ** for any number of them.",
});
export const TtlMs = Type.Integer({ minimum: 100, maximum: 31 * 24 * 3_600_000, description: "How long a held value lives." });

export const SpeedSchema = Type.Union([Type.Number({ minimum: 0.01, maximum: 1000 }), Type.Literal("max")], {
  description: "A factor on real time, or as fast as the record can be read.",
});

export const LinkStateSchema = Type.Enum([...linkStates]);
export const CommandStateSchema = Type.Enum([...commandStates]);
export const CommandEndSchema = Type.Enum([...commandEnds]);
export const MissionStateSchema = Type.Enum([...missionStates]);

/** Data of a kind that its sender decides: a device's event, arguments of a method. */
export const FreeData = Type.Record(Type.String(), Type.Unknown());

/** The newest value of a point as every answer shows it. */
export const LatestJson = Type.Object({ value: ValueOrNull, quality: QualityByte, sourceTime: TimeText, at: TimeText });
export type LatestJson = Static<typeof LatestJson>;

export const SampleJson = Type.Object({ point: IdText, value: ValueOrNull, quality: QualityByte, sourceTime: TimeText, at: TimeText });
export type SampleJson = Static<typeof SampleJson>;

export const roles = ["viewer", "operator", "engineer", "admin"] as const;
export const RoleSchema = Type.Enum([...roles]);

export const PrincipalJson = Type.Object({
  name: Type.String(),
  kind: Type.Enum(["person", "program"]),
  role: RoleSchema,
  areas: Type.Optional(Type.Array(IdText, { description: "Absent: everywhere." })),
});
export type PrincipalJson = Static<typeof PrincipalJson>;

export const MissionJson = Type.Object({
  id: IdText,
  title: Type.String(),
  type: Type.Literal("replay"),
  state: MissionStateSchema,
  from: TimeText,
  to: TimeText,
  now: TimeText,
  speed: SpeedSchema,
  sourceIncidentId: Type.Optional(IdText),
  message: Type.Optional(Type.String({ description: "Why it failed, for a person." })),
});
export type MissionJson = Static<typeof MissionJson>;

/** What a command's newest step says, in events, in lists and as an answer. */
export const CommandJson = Type.Object({
  id: IdText,
  commandId: IdText,
  asked: Type.String({ description: "The frame that asked for it: valve.actuate, point.write, …" }),
  act: FreeData,
  state: CommandStateSchema,
  by: Type.String(),
  priority: PrioritySchema,
  at: Type.Optional(TimeText),
  requestedAt: Type.Optional(TimeText),
  ttlMs: Type.Optional(Type.Number()),
  reason: Type.Optional(Type.String()),
  expected: Type.Optional(ValueSchema),
  expiresAt: Type.Optional(TimeText),
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  observed: Type.Optional(SampleJsonLess()),
  heldBy: Type.Optional(Type.Object({ priority: PrioritySchema, value: ValueSchema })),
});
export type CommandJson = Static<typeof CommandJson>;

/** What the plant showed: a sample without the gateway's receive time, which stands on the step itself. */
function SampleJsonLess() {
  return Type.Object({ point: IdText, value: ValueOrNull, quality: QualityByte, sourceTime: TimeText });
}
