import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { GatewayError } from "#src/kit/errors.ts";

/** The demo plant in a process of its own, as a real plant would be: it ends when its standard input does. */
export interface DemoPlant {
  /** Where its devices are, for the site file's ${…} references. */
  readonly env: Readonly<Record<string, string>>;
  /** Port of its loopback control door: faults, incidents, logs. */
  readonly control: number;
  close(): Promise<void>;
}

/** Where `plainview demo` looks for the plant's door; where somebody else listens there, it is opened on another port. */
export const usualDoor = 4010;

const readyWithinMs = 15_000;

export async function startDemoPlant(): Promise<DemoPlant> {
  const script = fileURLToPath(new URL("../demo/main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, "--port-control", String(await doorPort())], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const ready = await new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new GatewayError("timeout", "the demo plant did not start in time")), readyWithinMs);
    lines.once("line", (line) => (clearTimeout(late), resolve(line)));
    void ended.then(() => reject(new GatewayError("closed", `the demo plant ended with code ${child.exitCode}`)));
  });
  const ports = JSON.parse(ready) as { modbus: number; mqtt: number; bacnet: number; ros2: number; control: number };
  return {
    env: {
      DEMO_MODBUS_PORT: String(ports.modbus),
      DEMO_MQTT_PORT: String(ports.mqtt),
      DEMO_BACNET_PORT: String(ports.bacnet),
      DEMO_ROS2_DOMAIN: String(ports.ros2),
      DEMO_CONTROL_PORT: String(ports.control),
    },
    control: ports.control,
    async close() {
      child.stdin.end();
      const hard = setTimeout(() => child.kill("SIGKILL"), 1_500);
      await ended;
      clearTimeout(hard);
    },
  };
}

function doorPort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(0));
    probe.listen(usualDoor, "127.0.0.1", () => probe.close(() => resolve(usualDoor)));
  });
}
