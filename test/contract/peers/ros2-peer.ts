import { defaultQos, openParticipant, RosGraph, ServiceServer, type Participant, type Writer } from "#adapters/ros2/rtps/index.ts";
import { liveEnvironment } from "#adapters/ros2/rtps/testing/live-environment.ts";
import {
  compileDecoder,
  compileEncoder,
  ddsServiceNames,
  ddsTopicName,
  ddsTypeName,
  loadFolder,
  standardTypes,
  type Message,
} from "#adapters/ros2/types/index.ts";
import type { Value } from "#msgs/point.ts";
import type { PeerControl } from "../harness.ts";

type Misbehaviour = Parameters<PeerControl["behave"]>[0];

const types = standardTypes();
loadFolder(types, new URL("../../../msgs/plainview_msgs", import.meta.url).pathname);
const telemetryType = "plainview_msgs/msg/Telemetry";
const encodeTelemetry = compileEncoder(types, telemetryType);
/** How often a well-behaved robot speaks. */
const periodMs = 15;

export interface RobotState {
  device_id: string;
  device_type: string;
  battery: number;
  altitude: number;
  latitude: number;
  sensor_readings: number[];
}

/** Robots that speak and can be asked for parameters, on a participant of our own, and that misbehave when told to. */
export class Ros2Peer {
  readonly robots = new Map<string, RobotState>();
  readonly parameters = new Map<string, Value>();
  readonly written: { name: string; value: Value }[] = [];
  /** Values of these parameters that are refused. */
  refuses: (name: string, value: Value) => boolean = () => false;
  private readonly domain: number;
  private participant: Participant | undefined;
  private writers = new Map<string, Writer>();
  private how: Misbehaviour = "well";
  private timer: NodeJS.Timeout | undefined;

  constructor(domain: number) {
    this.domain = domain;
  }

  behave(how: Misbehaviour): void {
    this.how = how;
    this.schedule();
  }

  async comeBack(): Promise<void> {
    const env = liveEnvironment();
    const options = {
      domain: this.domain,
      interfaces: ["127.0.0.1"],
      multicast: false,
      initialPeers: ["127.0.0.1"],
      userData: "enclave=/;",
    };
    const participant = await openParticipant(options, env);
    this.participant = participant;
    new RosGraph(participant, { namespace: "/", name: "robots", gidBytes: "auto" });
    for (const root of this.robots.keys()) {
      const spec = { topic: ddsTopicName(`${root}/telemetry`), type: ddsTypeName(telemetryType), qos: defaultQos };
      this.writers.set(root, participant.createWriter(spec));
    }
    this.serve("get_parameters", "rcl_interfaces/srv/GetParameters", ({ names }) => ({
      values: (names as string[]).map((name) => this.parameter(name)),
    }));
    this.serve("set_parameters", "rcl_interfaces/srv/SetParameters", ({ parameters }) => ({
      results: (parameters as Message[]).map((one) => this.set(one)),
    }));
    this.schedule();
  }

  async leave(): Promise<void> {
    clearTimeout(this.timer);
    const { participant } = this;
    this.participant = undefined;
    this.writers.clear();
    await participant?.close();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.participant === undefined || this.how === "frozen") return;
    const afterMs = typeof this.how === "object" ? this.how.slowMs : periodMs;
    this.timer = setTimeout(() => {
      this.speak();
      this.schedule();
    }, afterMs);
  }

  private speak(): void {
    for (const [root, writer] of this.writers) {
      writer.write(
        this.how === "garbage" ? Buffer.from([0, 1, 0, 0, 255, 255, 255, 127, 1, 2, 3]) : encodeTelemetry({ ...this.robots.get(root)! }),
      );
    }
  }

  private serve(name: string, type: string, answer: (request: Message) => object): void {
    const { request, reply } = ddsServiceNames(`/robots/${name}`);
    const [decode, encode] = [compileDecoder(types, `${type}_Request`), compileEncoder(types, `${type}_Response`)];
    const spec = {
      requestTopic: request,
      replyTopic: reply,
      requestType: ddsTypeName(`${type}_Request`),
      replyType: ddsTypeName(`${type}_Response`),
    };
    new ServiceServer(this.participant!, spec, liveEnvironment(), async (bytes) => {
      // A frozen robot hears and never answers.
      if (this.how === "frozen") await new Promise(() => {});
      if (this.how === "garbage") return Buffer.from([0, 1, 0, 0, 255, 255, 255, 255]);
      if (typeof this.how === "object") await new Promise((resolve) => setTimeout(resolve, (this.how as { slowMs: number }).slowMs));
      return encode(answer(decode(bytes)) as Message);
    });
  }

  private parameter(name: string): object {
    const value = this.parameters.get(name);
    if (value === undefined) return { type: 0 };
    if (typeof value === "boolean") return { type: 1, bool_value: value };
    if (typeof value === "number") return { type: 3, double_value: value };
    return { type: 4, string_value: value };
  }

  private set(one: Message): object {
    const { name, value } = one as unknown as {
      name: string;
      value: { type: number; bool_value: boolean; double_value: number; string_value: string };
    };
    const told = value.type === 1 ? value.bool_value : value.type === 3 ? value.double_value : value.string_value;
    if (this.refuses(name, told)) return { successful: false, reason: "out of its range" };
    this.parameters.set(name, told);
    this.written.push({ name, value: told });
    return { successful: true };
  }
}
