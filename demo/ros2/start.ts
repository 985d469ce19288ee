import type { Environment } from "#adapters/ros2/rtps/index.ts";
import { claimDomain } from "#adapters/ros2/rtps/testing/domain.ts";
import { loadFolder, standardTypes } from "#adapters/ros2/types/index.ts";
import type { DeviceLog } from "../log/device-log.ts";
import type { Robot } from "../model/robot.ts";
import { ros2Robots } from "./map.ts";
import { RobotNode } from "./robot-node.ts";

export interface Ros2SiteOptions {
  robots: readonly Robot[];
  logOf: (device: string) => DeviceLog;
  /** The ROS domain; without it one that nobody else on this machine uses for a demo or a test. */
  domain?: number;
  /** Whether the power of a robot is off. */
  isOff?: (device: string) => boolean;
}

export interface Ros2Site {
  readonly domain: number;
  readonly robots: ReadonlyMap<string, RobotNode>;
  /** Called after the plant has moved. */
  step(): void;
  close(): Promise<void>;
}

/** The robots of the demo plant on ROS 2: each a node of its own on loopback, on our own RTPS core. */
export async function startRos2Site(options: Ros2SiteOptions): Promise<Ros2Site> {
  const domain = options.domain ?? (await claimDomain());
  const types = standardTypes();
  loadFolder(types, new URL("../../msgs/plainview_msgs", import.meta.url).pathname);
  const env = wallEnvironment();
  const nodes = new Map<string, RobotNode>();
  for (const map of ros2Robots) {
    const robot = options.robots.find(({ shape }) => shape.name === map.device);
    if (robot === undefined) throw new Error(`the plant has no robot ${map.device}`);
    const node = new RobotNode({ map, robot, log: options.logOf(map.device), types, env, domain, now: Date.now });
    await node.switchOn();
    nodes.set(map.device, node);
  }
  /** Switching takes a moment; what is asked meanwhile comes after it. */
  let switching = Promise.resolve();
  return {
    domain,
    robots: nodes,
    step() {
      for (const node of nodes.values()) {
        const off = options.isOff?.(node.id) ?? false;
        if (off === node.isOn) switching = switching.then(() => (off ? node.switchOff() : node.switchOn()));
        else node.step();
      }
    },
    async close() {
      await switching;
      for (const node of nodes.values()) await node.close();
    },
  };
}

function wallEnvironment(): Environment {
  return {
    wallUs: () => Date.now() * 1000,
    monoMs: () => performance.now(),
    after(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    soon: (run) => void setImmediate(run),
    log: { info() {}, warn: (message) => process.stderr.write(`${message}\n`), error: (message) => process.stderr.write(`${message}\n`) },
  };
}
