import { openParticipant, RosGraph, type Environment, type Participant, type Writer } from "#adapters/ros2/rtps/index.ts";
import {
  compileDecoder,
  compileEncoder,
  ddsTopicName,
  ddsTypeName,
  typeHash,
  type Message,
  type TypeRegistry,
} from "#adapters/ros2/types/index.ts";
import type { DeviceLog } from "../log/device-log.ts";
import type { Robot, RobotCommand } from "../model/robot.ts";
import { rootOf, type Ros2RobotMap } from "./map.ts";

export interface RobotNodeParts {
  map: Ros2RobotMap;
  robot: Robot;
  log: DeviceLog;
  types: TypeRegistry;
  env: Environment;
  domain: number;
  /** Wall time, ms since 1970. */
  now: () => number;
}

/** States of plainview_msgs/CommandResult. */
const results = { accepted: 0, succeeded: 1, rejected: 2, expired: 5 } as const;
/** The mode of a robot on its way to where it was sent. */
const onItsWay = 2;
/** How soon others notice that its power is gone. */
const leaseMs = 3000;

/** One robot as a ROS 2 node: tells where it is, takes commands and answers them. */
export class RobotNode {
  readonly id: string;
  readonly #parts: RobotNodeParts;
  #participant: Participant | null = null;
  #telemetry: Writer | null = null;
  #results: Writer | null = null;
  #sequence = 0;
  #due = 0;
  #underWay: string | null = null;

  constructor(parts: RobotNodeParts) {
    this.#parts = parts;
    this.id = parts.map.device;
  }

  get isOn(): boolean {
    return this.#participant !== null;
  }

  async switchOn(): Promise<void> {
    if (this.#participant !== null) return;
    const { env, domain, types } = this.#parts;
    const node = this.id.replaceAll("-", "_");
    const participant = await openParticipant(
      { domain, interfaces: ["127.0.0.1"], multicast: false, initialPeers: ["127.0.0.1"], leaseMs, name: node, userData: "enclave=/;" },
      env,
    );
    this.#participant = participant;
    const spec = (topic: string, name: string) => {
      const type = `plainview_msgs/msg/${name}`;
      return {
        topic: ddsTopicName(`${rootOf(this.id)}/${topic}`),
        type: ddsTypeName(type),
        userData: `typehash=${typeHash(types, type)};`,
      };
    };
    this.#telemetry = participant.createWriter(spec("telemetry", "Telemetry"));
    this.#results = participant.createWriter(spec("command_result", "CommandResult"));
    const decode = compileDecoder(types, "plainview_msgs/msg/Command");
    const commands = participant.createReader({ ...spec("command", "Command"), onSample: ({ payload }) => this.#told(decode(payload)) });
    const graph = new RosGraph(participant, { namespace: "/", name: node });
    graph.setEndpoints([commands.guid], [this.#telemetry.guid, this.#results.guid]);
  }

  /** Power off, without a goodbye. */
  async switchOff(): Promise<void> {
    const participant = this.#participant;
    this.#participant = this.#telemetry = this.#results = null;
    await participant?.close(true);
  }

  async close(): Promise<void> {
    const participant = this.#participant;
    this.#participant = this.#telemetry = this.#results = null;
    await participant?.close();
  }

  /** Tells where it is when that is due, and that it has arrived. */
  step(): void {
    const { map, robot, log, types, now } = this.#parts;
    if (this.#telemetry === null) return;
    if (this.#underWay !== null && robot.mode !== onItsWay) {
      this.#answer(this.#underWay, results.succeeded, "arrived, or told something else");
      this.#underWay = null;
    }
    if (now() < this.#due) return;
    this.#due = now() + map.periodMs;
    const { latitude, longitude, altitude, battery, sensorReadings } = robot;
    const message = {
      device_id: this.id,
      device_type: robot.shape.type,
      latitude,
      longitude,
      altitude,
      battery,
      sensor_readings: sensorReadings,
    };
    this.#telemetry.write(compileEncoder(types, "plainview_msgs/msg/Telemetry")(message));
    log.published(++this.#sequence, `${rootOf(this.id)}/telemetry`, JSON.stringify(message));
  }

  #told(message: Message): void {
    const { robot, log } = this.#parts;
    if (message.device_id !== this.id) return;
    const id = String(message.command_id);
    const command = String(message.command);
    if (this.#isLate(message)) {
      log.wasTold({ point: `${this.id}/command`, value: command, held: null, outcome: "late", by: "ros2" });
      this.#answer(id, results.expired, "it came past its time to live");
      return;
    }
    const args = readArgs(String(message.args));
    const refused = args === null ? "the arguments are not a JSON object" : robot.obey({ command, args });
    log.wasTold({
      point: `${this.id}/command`,
      value: command,
      held: robot.mode,
      outcome: refused === null ? "applied" : "refused",
      by: "ros2",
    });
    if (refused !== null) {
      this.#answer(id, results.rejected, refused);
      return;
    }
    if (command !== "goto") {
      this.#answer(id, results.succeeded, "");
      return;
    }
    this.#answer(id, results.accepted, "");
    this.#underWay = id;
  }

  #isLate(message: Message): boolean {
    const stamp = message.stamp as { sec: number; nanosec: number };
    const life = message.time_to_live as { sec: number; nanosec: number };
    const lifeMs = life.sec * 1000 + life.nanosec / 1e6;
    return lifeMs > 0 && stamp.sec * 1000 + stamp.nanosec / 1e6 + lifeMs < this.#parts.now();
  }

  #answer(id: string, state: number, message: string): void {
    const ms = this.#parts.now();
    const stamp = { sec: Math.floor(ms / 1000), nanosec: Math.floor(ms % 1000) * 1_000_000 };
    const answer = { stamp, command_id: id, device_id: this.id, state, message };
    this.#results?.write(compileEncoder(this.#parts.types, "plainview_msgs/msg/CommandResult")(answer));
  }
}

function readArgs(text: string): NonNullable<RobotCommand["args"]> | null {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
