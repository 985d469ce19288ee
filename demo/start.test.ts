import modbusSerial from "modbus-serial";
import { afterEach, describe, expect, it } from "vitest";
import { type Demo, startDemo } from "./start.ts";

const ModbusClient = modbusSerial.default;
type Client = InstanceType<typeof ModbusClient>;

let demo: Demo | null = null;
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close(() => undefined);
  await demo?.close();
  demo = null;
});

async function start(): Promise<{ started: Demo; client: () => Promise<Client> }> {
  const started = await startDemo({ portMqtt: null });
  demo = started;
  const client = async (): Promise<Client> => {
    const made = new ModbusClient();
    clients.push(made);
    await made.connectTCP("127.0.0.1", { port: started.ports.modbus ?? 0 });
    made.setTimeout(2000);
    return made;
  };
  return { started, client };
}

describe("the demo plant on its wires", () => {
  it("can say of every answer that three readers got which it was, and of no other", async () => {
    const { started, client } = await start();
    const readers = await Promise.all([client(), client(), client()]);
    const got = new Map<number, string>();
    await Promise.all(
      readers.map(async (reader) => {
        reader.setID(1);
        for (let round = 0; round < 200; round++) {
          const { buffer } = await reader.readInputRegisters(0, 8);
          const sequence = buffer.readUInt32BE(0);
          expect(got.has(sequence)).toBe(false);
          got.set(sequence, buffer.toString("hex"));
        }
      }),
    );
    const log = new Map(started.log("pipe", 0, 10_000)?.map((entry) => (entry.kind === "read" ? [entry.sequence, entry.hex] : [-1, ""])));
    expect(log).toEqual(new Map([...got].sort(([one], [other]) => one - other)));
    expect(started.counters().devices.find((counters) => counters.device === "pipe")).toMatchObject({ handedOver: 600, forgotten: 0 });
  });

  it("lets a unit go dead or slow without a word from the others being late", async () => {
    const { started, client } = await start();
    const reader = await client();
    await started.fault({ target: "outlet", kind: "device-off" });
    await started.fault({ target: "line", kind: "slow-device", delayMs: 400 });
    const order: string[] = [];
    const read = async (unit: number, name: string, timeout: number): Promise<void> => {
      const other = await client();
      other.setID(unit);
      other.setTimeout(timeout);
      await other.readInputRegisters(0, 2).then(
        () => order.push(name),
        () => order.push(`${name} timed out`),
      );
    };
    reader.setID(1);
    const waiting = [read(2, "dead", 1500), read(3, "slow", 5000)];
    await reader.readInputRegisters(0, 2);
    order.push("sound");
    await Promise.all(waiting);
    expect(order).toEqual(["sound", "slow", "dead timed out"]);
    await started.fault({ target: "outlet", kind: "device-off", on: false });
    reader.setID(2);
    expect((await reader.readInputRegisters(0, 2)).data).toEqual([0, 1]);
  });

  it("moves the valve of the example session in real time", async () => {
    const { client } = await start();
    const operator = await client();
    operator.setID(11);
    await operator.writeRegister(0, 950);
    const deadline = performance.now() + 9000;
    let position = 1000;
    while (position !== 950 && performance.now() < deadline) position = (await operator.readInputRegisters(2, 1)).data[0] ?? position;
    expect(position).toBe(950);
  });
});
