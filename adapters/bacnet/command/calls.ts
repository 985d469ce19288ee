import { compile } from "#msgs/schema/check.ts";
import { Type, type TSchema } from "#msgs/schema/type.ts";
import type { AdapterEnv, DeviceAct, Receipt } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { parseAddress, parseObject } from "../address.ts";
import { callNames, type CallName } from "../config.ts";
import type { Enrolment } from "../events/enrol.ts";
import { enrol } from "../events/enrol.ts";
import { acknowledgeObject } from "../events/acknowledge.ts";
import { activeEvents } from "../events/active.ts";
import { describeSummary } from "../events/describe.ts";
import type { Conversation } from "../peer/conversation.ts";
import { zoneOf, type ConfiguredDevice } from "../peer/devices.ts";
import type { Peer } from "../peer/peer.ts";
import { plainValues } from "../points/value-text.ts";
import { readCalendarObject, readScheduleObject, writeCalendarObject, writeScheduleObject } from "../schedule/object.ts";
import { dateTimeOf } from "../wire/date-time.ts";
import { confirmed, unconfirmed } from "../wire/services/choices.ts";
import {
  communicationStates,
  encodeCommunicationControl,
  encodeReinitialize,
  encodeTimeSync,
  restartKinds,
  type CommunicationState,
  type RestartKind,
} from "../wire/services/device-management.ts";
import type { ObjectId } from "../wire/value.ts";

export interface CallSite {
  readonly conversation: Conversation;
  readonly env: AdapterEnv;
  readonly device: ConfiguredDevice;
  readonly peer: Peer;
  readonly enrolment: Enrolment;
  readonly signal: AbortSignal;
}

type Args = Readonly<Record<string, unknown>>;
type Method = { readonly args: TSchema; readonly run: (site: CallSite, args: Args) => Promise<Receipt> };

const object = Type.String({ description: "type:instance" });
const done: Receipt = { assurance: "device" };

/** What can be called on a device beside its points. Who may is the desk's business; which are offered, the site file's. */
const methods: Readonly<Record<CallName, Method>> = {
  "read-property": {
    args: Type.Object({ address: Type.String() }, { additionalProperties: false }),
    run: async ({ conversation, peer, signal }, args) => {
      const parsed = parseAddress(String(args["address"]));
      if ("problem" in parsed) throw new GatewayError("bad-address", parsed.problem);
      return { ...done, result: plainValues(await conversation.read(peer, parsed.address, signal)) };
    },
  },
  "read-schedule": {
    args: Type.Object({ object }, { additionalProperties: false }),
    run: async ({ conversation, peer, signal }, args) => ({
      ...done,
      result: await readScheduleObject(conversation, peer, objectOf(args), signal),
    }),
  },
  "write-schedule": {
    args: Type.Object(
      {
        object,
        weekly: Type.Optional(Type.Unknown()),
        exceptions: Type.Optional(Type.Unknown()),
        effective: Type.Optional(Type.Unknown()),
        default: Type.Optional(Type.Union([Type.Number(), Type.Boolean(), Type.Null()])),
      },
      { additionalProperties: false },
    ),
    run: async ({ conversation, peer, signal }, args) => {
      await writeScheduleObject(conversation, peer, objectOf(args), args, signal);
      return done;
    },
  },
  "read-calendar": {
    args: Type.Object({ object }, { additionalProperties: false }),
    run: async ({ conversation, peer, signal }, args) => ({
      ...done,
      result: await readCalendarObject(conversation, peer, objectOf(args), signal),
    }),
  },
  "write-calendar": {
    args: Type.Object({ object, entries: Type.Unknown() }, { additionalProperties: false }),
    run: async ({ conversation, peer, signal }, args) => {
      await writeCalendarObject(conversation, peer, objectOf(args), args["entries"], signal);
      return done;
    },
  },
  "read-events": {
    args: Type.Object({}, { additionalProperties: false }),
    run: async ({ conversation, device, peer, signal }) => {
      const zone = await zoneOf(device, peer, conversation, signal);
      return { ...done, result: (await activeEvents(conversation, peer, signal)).map((event) => describeSummary(event, zone)) };
    },
  },
  "time-sync": {
    args: Type.Object({ utc: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
    run: timeSync,
  },
  enrol: {
    args: Type.Object({ notificationClass: Type.Integer({ minimum: 0, maximum: 4_194_302 }) }, { additionalProperties: false }),
    run: async ({ conversation, peer, enrolment, signal }, args) => {
      await enrol(conversation, peer, Number(args["notificationClass"]), enrolment, signal);
      return done;
    },
  },
  acknowledge: {
    args: Type.Object(
      {
        object,
        by: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
        state: Type.Optional(Type.Integer({ minimum: 2, maximum: 65_535, description: "The off-normal state, where it has passed" })),
      },
      { additionalProperties: false },
    ),
    run: async ({ conversation, env, device, peer, enrolment, signal }, args) => {
      const zone = await zoneOf(device, peer, conversation, signal);
      const state = args["state"] as number | undefined;
      const acknowledgement = {
        by: (args["by"] as string | undefined) ?? "Plainview",
        process: enrolment.process,
        acknowledgedAt: { kind: "date-time", dateTime: dateTimeOf(env.time.now(), zone) },
        ...(state !== undefined && { offnormalState: state }),
      } as const;
      return { ...done, result: { acknowledged: await acknowledgeObject(conversation, peer, objectOf(args), acknowledgement, signal) } };
    },
  },
  "device-communication-control": {
    args: Type.Object(
      { state: Type.Enum(communicationStates), minutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_440 })) },
      { additionalProperties: false },
    ),
    run: async (site, args) => {
      const minutes = args["minutes"] as number | undefined;
      // Without an end a device that was silenced by mistake stays so until somebody stands in front of it.
      if (args["state"] !== "enable" && minutes === undefined)
        throw new GatewayError("device-refused", "switching communication off needs an end: give minutes");
      const control = { state: args["state"] as CommunicationState, ...(minutes !== undefined && { minutes }), ...passwordOf(site) };
      await once(site, confirmed.deviceCommunicationControl, encodeCommunicationControl(control), "communication control");
      return done;
    },
  },
  reinitialize: {
    args: Type.Object({ kind: Type.Enum(restartKinds) }, { additionalProperties: false }),
    run: async (site, args) => {
      await once(
        site,
        confirmed.reinitializeDevice,
        encodeReinitialize(args["kind"] as RestartKind, passwordOf(site).password),
        "reinitialising",
      );
      return done;
    },
  },
};

/** Everything that can be refused before anything is sent. */
export function checkCall(act: Extract<DeviceAct, { do: "call" }>, device: ConfiguredDevice): CallName {
  const name = callNames.find((one) => one === act.method);
  if (name === undefined) throw new GatewayError("not-supported", `there is no method "${act.method}"; there are ${callNames.join(", ")}`);
  if (!device.settings.calls.includes(name))
    throw new GatewayError("not-supported", `${name} is not among the calls of ${device.id} in the site file`);
  const { args } = methods[name];
  const [first] = compile(args).errors(act.args);
  if (!first) return name;
  throw new GatewayError("device-refused", `${name}: ${first.instancePath} ${first.message}`);
}

export function call(name: CallName, args: Args, site: CallSite): Promise<Receipt> {
  return methods[name].run(site, args);
}

async function timeSync({ conversation, env, device, peer, signal }: CallSite, args: Args): Promise<Receipt> {
  if (!env.time.trusted()) throw new GatewayError("device-refused", "our own clock is not trusted, so no other is set by it");
  const utc = args["utc"] === true;
  const zone = utc ? { utcOffsetMinutes: 0 } : await zoneOf(device, peer, conversation, signal);
  const service = utc ? unconfirmed.utcTimeSynchronization : unconfirmed.timeSynchronization;
  conversation.application.tell(service, encodeTimeSync(dateTimeOf(env.time.now(), zone)), peer.station);
  return { assurance: "none", detail: "time synchronisation has no answer" };
}

function once(site: CallSite, service: number, data: Buffer, what: string): Promise<Buffer> {
  return site.conversation.ask(site.peer, service, data, { what, signal: site.signal, once: true });
}

function objectOf(args: Args): ObjectId {
  const found = parseObject(String(args["object"]));
  if (typeof found === "string") throw new GatewayError("bad-address", found);
  return found;
}

function passwordOf({ device }: CallSite): { password?: string } {
  const { passwordEnv } = device.settings;
  const password = passwordEnv === undefined ? undefined : process.env[passwordEnv];
  return password === undefined ? {} : { password };
}
