import { Type } from "#msgs/schema/type.ts";
import { Duration } from "./duration.ts";
import { Id, OneOf } from "./schema-gateway.ts";

const Plain = Type.Union([Type.Number(), Type.Boolean(), Type.String()], { expects: "a number, true, false or text" });
const PointRef = (description: string) =>
  Type.String({ minLength: 1, expects: "a point id", description: `${description} Without a slash: a point of the same device.` });
const tolerance = Type.Number({
  minimum: 0,
  description: "How near the evidence must come. Absent: 0.5 % of the range, 0.001 where none is given, exact for states.",
});

export const AreaEntry = Type.Object({
  id: Id("What devices, rights and screens call it."),
  title: Type.Optional(Type.String({ description: "What people call it." })),
  parent: Type.Optional(Type.String({ description: "The area around it." })),
});

export const ControlSection = Type.Object(
  {
    mode: OneOf(["slots", "momentary"], {
      default: "slots",
      description: "`slots`: a level to hold, sixteen priorities. `momentary`: a pulse or a velocity, nothing is held.",
    }),
    default: Type.Union([Type.Number(), Type.Boolean(), Type.String()], {
      default: "leave",
      expects: "a value, or leave",
      description: "What holds when all slots are empty; `leave` writes nothing.",
    }),
    onReturn: OneOf(["leave", "reassert"], { default: "leave", description: "When the device comes back and does not follow its slot." }),
    significance: OneOf(["routine", "important", "critical"], { default: "routine", description: "`critical` needs a second person." }),
    limits: Type.Optional(
      Type.Object(
        {
          min: Type.Optional(Type.Number({ description: "Smallest value that may be written." })),
          max: Type.Optional(Type.Number({ description: "Largest value that may be written." })),
          maxStep: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: "Largest change in one write." })),
        },
        { description: "Absent: the point's range." },
      ),
    ),
    evidence: Type.Object(
      {
        point: Type.Optional(PointRef("Which point shows the effect. Absent: the commanded one.")),
        tolerance: Type.Optional(tolerance),
        within: Duration({ default: "5s", description: "How soon it must be seen." }),
        hold: Duration({ default: "0s", description: "How long it must stay." }),
      },
      { default: {}, description: "When a command counts as done." },
    ),
    interlocks: Type.Array(
      Type.Object({
        name: Type.String({ minLength: 1, description: "What the refusal is called." }),
        blockedWhen: Type.String({ minLength: 1, description: "A CEL condition; true closes the door." }),
        because: Type.String({ minLength: 1, description: "What the person is told." }),
        onBad: OneOf(["block", "allow"], { default: "block", description: "When an input is bad, stale or missing." }),
      }),
      { default: [], description: "Permissives. Not a safety system." },
    ),
    overrideTtl: Type.Optional(Duration({ description: "How long a manual override lives. Absent: commands.defaultTtl." })),
    lease: Type.Boolean({ default: false, description: "Whether a lease must be held to command this point." }),
  },
  { description: "How it may be written. Absent: read-only. `{}` takes every default." },
);

export const PointEntry = Type.Object({
  id: Type.String({
    pattern: "^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$",
    maxLength: 250,
    expects: "an id of lower-case words (letters, digits, - _ .), with slashes between them",
    description: "With a slash it is the whole id, else the device's id is put in front: `level` of `tank-1` is `tank-1/level`.",
  }),
  address: Type.Union([Type.String(), Type.Integer()], {
    expects: "an address in the protocol's notation",
    description: "Where it is found, in the protocol's notation.",
  }),
  kind: OneOf(["number", "boolean", "text", "state"], {
    default: "number",
    description: "`state` is a small whole number with a name for each value.",
  }),
  title: Type.Optional(Type.String({ description: "What people call it." })),
  area: Type.Optional(Type.String({ description: "Absent: the device's." })),
  unit: Type.Optional(Type.String({ description: "A UCUM code: L/min, Pa, Cel, %, m." })),
  range: Type.Optional(
    Type.Object(
      { min: Type.Number({ description: "Smallest physical value." }), max: Type.Number({ description: "Largest physical value." }) },
      { description: "Outside it a value is uncertain." },
    ),
  ),
  states: Type.Optional(
    Type.Record(Type.String({ pattern: "^\\d+$" }), Type.String(), {
      description: "Names of a state's values: `{ 0: stopped, 1: running }`.",
    }),
  ),
  scale: Type.Optional(
    Type.Object(
      {
        gain: Type.Number({ default: 1, description: "Multiplied with." }),
        offset: Type.Number({ default: 0, description: "Added afterwards." }),
      },
      { description: "From the device's number to the unit." },
    ),
  ),
  poll: Type.Optional(
    Type.Union([Duration(), Type.Literal("never")], {
      expects: "a duration such as 1s, or never",
      description: "How often it is asked for; `never` only listens. Absent: the device's.",
    }),
  ),
  staleAfter: Type.Optional(
    Duration({
      description:
        "Silence longer than this is stale; a point that is only listened to speaks at least this often. Absent: worked out from how it is read.",
    }),
  ),
  tags: Type.Optional(Type.Record(Type.String(), Type.String(), { description: "Anything worth searching for." })),
  control: Type.Optional(ControlSection),
});

export const ValveEntry = Type.Object({
  id: Id("What `valve.actuate` calls it."),
  command: Type.String({ description: "Point that is written." }),
  position: Type.String({ description: "Point that shows the travel." }),
  open: Type.Union([Type.Number(), Type.Boolean()], { default: 100, expects: "a number, true or false", description: "Value of open." }),
  closed: Type.Union([Type.Number(), Type.Boolean()], { default: 0, expects: "a number, true or false", description: "Value of closed." }),
});

export const AlarmEntry = Type.Object({
  id: Id("Name of the alarm."),
  point: Type.String({ description: "Point that is watched." }),
  above: Type.Optional(Type.Number({ description: "Raised above this. Either `above` or `below`." })),
  below: Type.Optional(Type.Number({ description: "Raised below this." })),
  deadband: Type.Number({ minimum: 0, default: 0, description: "How far it must come back to clear." }),
  onDelay: Duration({ default: "0s", description: "How long it must last to be raised." }),
  offDelay: Duration({ default: "0s", description: "How long it must be gone to clear." }),
  priority: OneOf(["low", "medium", "high", "critical"], { default: "medium", description: "How urgent." }),
  message: Type.String({ minLength: 1, description: "What the operator reads." }),
});

export const FlowMetricsSection = Type.Object(
  {
    flowRate: Type.String({ description: "Point in L/min behind flow_rate_lpm." }),
    pressure: Type.String({ description: "Point in Pa behind pressure_pa." }),
    temperature: Type.String({ description: "Point in Cel behind temperature_c." }),
  },
  { description: "Which three points feed the view flow_metrics_1h." },
);

export const RecipeEntry = Type.Object({
  id: Id("Name of the recipe."),
  title: Type.Optional(Type.String({ description: "What people call it." })),
  steps: Type.Array(
    Type.Object({
      set: Type.Record(Type.String(), Plain, { description: "Points and their values, sent together: `{ v-101/command: 0 }`." }),
    }),
    { minItems: 1, maxItems: 1000, description: "In order; all of a step is verified before the next one begins." },
  ),
  onFailure: OneOf(["compensate", "stop"], { default: "compensate", description: "`compensate` puts back what was there before." }),
});
