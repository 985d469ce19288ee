import { parseArgs } from "node:util";
import { startControlDoor } from "./control/door.ts";
import { type DemoOptions, startDemo } from "./start.ts";

const usage = `node demo/main.ts [--port-modbus N|off] [--port-mqtt N|off] [--port-bacnet N|off] [--ros2-domain N|off] [--port-control N] [--seed N] [--speed N] [--log-file PATH]

Starts the demo plant on 127.0.0.1 and prints one line of JSON when it is ready. Port 0 (the default) chooses a free one.
It ends when its standard input ends or its parent disconnects; --keep leaves it running without them.`;

/** The options, or in words what is wrong with them. */
function readArguments(): { options: DemoOptions; portControl: number; keep: boolean } | string {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        "port-modbus": { type: "string", default: "0" },
        "port-mqtt": { type: "string", default: "0" },
        "port-bacnet": { type: "string", default: "0" },
        "ros2-domain": { type: "string" },
        "port-control": { type: "string", default: "0" },
        seed: { type: "string", default: "7" },
        speed: { type: "string", default: "1" },
        "log-file": { type: "string" },
        keep: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n\n${usage}`;
  }
  if (values.help) return usage;
  const port = (text: string): number | null => (text === "off" ? null : Number(text));
  const ports = [port(values["port-modbus"]), port(values["port-mqtt"]), port(values["port-bacnet"]), Number(values["port-control"])];
  if (!ports.every((number) => number === null || (Number.isInteger(number) && number >= 0 && number <= 65_535)))
    return `a port is 0 to 65535\n\n${usage}`;
  const domainText = values["ros2-domain"] ?? process.env["ROS2_DOMAIN_ID"];
  const domain = domainText === undefined ? undefined : port(domainText);
  if (typeof domain === "number" && !(Number.isInteger(domain) && domain >= 0 && domain <= 232))
    return `a ROS domain is 0 to 232\n\n${usage}`;
  const seed = Number(values.seed);
  const speed = Number(values.speed);
  if (!Number.isInteger(seed)) return `the seed must be a whole number\n\n${usage}`;
  if (!(speed >= 0 && speed <= 1000)) return `the speed is 0 to 1000\n\n${usage}`;
  const logFile = values["log-file"];
  const options = {
    portModbus: ports[0] ?? null,
    portMqtt: ports[1] ?? null,
    portBacnet: ports[2] ?? null,
    ...(domain === undefined ? {} : { ros2Domain: domain }),
    seed,
    speed,
    ...(logFile === undefined ? {} : { logFile }),
  };
  return { options, portControl: ports[3] ?? 0, keep: values.keep };
}

async function main(): Promise<void> {
  const read = readArguments();
  if (typeof read === "string") {
    process.stderr.write(`${read}\n`);
    process.exitCode = read === usage ? 0 : 2;
    return;
  }
  const demo = await startDemo(read.options);
  const door = await startControlDoor(demo, read.portControl);
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    // Whoever waits for the plant to end must not wait for a client that does not let go.
    setTimeout(() => process.exit(0), 1000).unref();
    void Promise.all([door.close(), demo.close()]).then(() => process.exit(0));
  };
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
  if (!read.keep) {
    process.on("disconnect", end);
    process.stdin.on("end", end);
    process.stdin.on("close", end);
    process.stdin.on("error", end);
    process.stdin.resume();
  }
  // Nobody may be reading any more; that is no reason to die before the parent is seen to be gone.
  process.stdout.on("error", () => undefined);
  const ready = {
    ready: true,
    pid: process.pid,
    modbus: demo.ports.modbus,
    mqtt: demo.ports.mqtt,
    bacnet: demo.ports.bacnet,
    ros2: demo.ros2Domain,
    control: door.port,
    seed: read.options.seed,
    speed: read.options.speed,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The demo plant did not start: ${reason}\n`);
  process.exit(1);
});
