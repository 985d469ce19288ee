import { once } from "node:events";
import { connect, type Socket } from "node:net";
import modbusSerial from "modbus-serial";
import { afterEach, describe, expect, it } from "vitest";
import { type ModbusServer, startModbusServer } from "./server.ts";
import { type ModbusUnit, plainUnit } from "./unit.ts";

const ModbusClient = modbusSerial.default;
type Client = InstanceType<typeof ModbusClient>;

let server: ModbusServer | null = null;
const sockets: Socket[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const client of clients.splice(0)) client.close(() => undefined);
  await server?.close();
  server = null;
});

async function start(units: ReadonlyMap<number, ModbusUnit>): Promise<ModbusServer> {
  server = await startModbusServer({ port: 0, units });
  return server;
}

function unit(): ModbusUnit {
  return plainUnit({ coils: 40, discretes: 40, inputs: 200, holdings: 200 }, [{ table: "holding", from: 50, to: 59 }]);
}

async function client(port: number, unitId = 1): Promise<Client> {
  const made = new ModbusClient();
  clients.push(made);
  await made.connectTCP("127.0.0.1", { port });
  made.setID(unitId);
  made.setTimeout(5000);
  return made;
}

async function raw(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** Collects until so many bytes are there. */
async function take(socket: Socket, length: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  while (bytes.length < length) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    bytes = Buffer.concat([bytes, chunk]);
  }
  return bytes;
}

function frame(transaction: number, unitId: number, pdu: string): Buffer {
  const body = Buffer.from(pdu, "hex");
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(body.length + 1, 4);
  header[6] = unitId;
  return Buffer.concat([header, body]);
}

async function ask(port: number, pdu: string, unitId = 1): Promise<string> {
  const socket = await raw(port);
  socket.write(frame(1, unitId, pdu));
  const answer = await take(socket, 9);
  return answer.subarray(7).toString("hex");
}

describe("the Modbus server", () => {
  it("serves an ordinary client in every function it has", async () => {
    const { port } = await start(new Map([[1, unit()]]));
    const modbus = await client(port);
    await modbus.writeRegister(3, 1234);
    await modbus.writeRegisters(4, [5, 6]);
    expect((await modbus.readHoldingRegisters(3, 3)).data).toEqual([1234, 5, 6]);
    await modbus.writeCoil(2, true);
    await modbus.writeCoils(8, [true, false, true]);
    expect((await modbus.readCoils(2, 9)).data.slice(0, 9)).toEqual([true, false, false, false, false, false, true, false, true]);
    expect((await modbus.readDiscreteInputs(0, 3)).data.slice(0, 3)).toEqual([false, false, false]);
    expect((await modbus.readInputRegisters(0, 125)).data).toHaveLength(125);
    await modbus.maskWriteRegister(3, 0x00f0, 0x0005);
    expect((await modbus.readHoldingRegisters(3, 1)).data).toEqual([(1234 & 0xf0) | 5]);
    const identity = await modbus.readDeviceIdentification(1, 0);
    expect(identity.data[1]).toBe("plain unit");
  });

  it("writes and reads in one go", async () => {
    const { port } = await start(new Map([[1, unit()]]));
    // Read 2 from 0, write 1 register (0x00ff) to 1.
    expect((await ask(port, "17000000020001000102" + "00ff")).slice(0, 12)).toBe("1704000000ff");
  });

  it("says what is wrong with a request by the right exception", async () => {
    const { port } = await start(new Map([[1, unit()]]));
    expect(await ask(port, "2b0d0100")).toBe("ab01");
    expect(await ask(port, "63")).toBe("e301");
    expect(await ask(port, "0300c80001")).toBe("8302");
    expect(await ask(port, "030030000a")).toBe("8302");
    expect(await ask(port, "0300000000")).toBe("8303");
    expect(await ask(port, "030000007e")).toBe("8303");
    expect(await ask(port, "03000000")).toBe("8303");
    expect(await ask(port, "0500001234")).toBe("8503");
    expect(await ask(port, "1000000002020001")).toBe("9003");
    expect(await ask(port, "0f00000011020101")).toBe("8f03");
    expect(await ask(port, "1600320000ffff")).toBe("9602");
    expect(await ask(port, "2b0e0407")).toBe("ab02");
    expect(await ask(port, "0300000001", 9)).toBe("830b");
  });

  it("answers a pipeline in order, each with its own transaction", async () => {
    const { port } = await start(
      new Map([
        [1, unit()],
        [2, unit()],
      ]),
    );
    const socket = await raw(port);
    const count = 5000;
    const requests = Array.from({ length: count }, (_, index) => frame(index & 0xffff, 1 + (index % 2), "0300000001"));
    socket.write(Buffer.concat(requests));
    const answers = await take(socket, count * 11);
    for (let index = 0; index < count; index++) {
      expect(answers.readUInt16BE(index * 11)).toBe(index & 0xffff);
      expect(answers[index * 11 + 6]).toBe(1 + (index % 2));
    }
  });

  it("puts frames together from single bytes", async () => {
    const { port } = await start(new Map([[1, unit()]]));
    const socket = await raw(port);
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([frame(7, 1, "0300000001"), frame(8, 1, "0300000002")])) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    const answers = await take(socket, 11 + 13);
    expect([answers.readUInt16BE(0), answers.readUInt16BE(11)]).toEqual([7, 8]);
  });

  it("ends a connection that is not Modbus and serves the others", async () => {
    const { port, counters } = await start(new Map([[1, unit()]]));
    const good = await client(port);
    for (const bytes of ["474554202f20485454502f312e310d0a", "000100000001", "00010000ffff0103", "0001123400060103000000"]) {
      const socket = await raw(port);
      const closed = once(socket, "close");
      socket.on("error", () => undefined);
      socket.write(Buffer.from(`${bytes}00000000000000000000`, "hex"));
      await closed;
    }
    expect(counters.malformed).toBe(4);
    expect((await good.readHoldingRegisters(0, 1)).data).toEqual([0]);
  });

  it("lives through noise of any kind", async () => {
    const { port } = await start(new Map([[1, unit()]]));
    let state = 1;
    const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16;
    for (let round = 0; round < 300; round++) {
      const socket = await raw(port);
      socket.on("error", () => undefined);
      const pdu = Buffer.from(Array.from({ length: 1 + (next() % 30) }, () => next() & 0xff));
      socket.write(frame(round, 1, Buffer.concat([Buffer.from([next() % 24]), pdu]).toString("hex")));
      socket.end(Buffer.from(Array.from({ length: next() % 60 }, () => next() & 0xff)));
      socket.resume();
      await once(socket, "close");
    }
    const good = await client(port);
    expect((await good.readInputRegisters(0, 1)).data).toEqual([0]);
  });

  it("drops, delays, refuses and spoils answers when its unit says so", async () => {
    const disturbed = (disturbance: ReturnType<ModbusUnit["disturbance"]>): ModbusUnit => ({ ...unit(), disturbance: () => disturbance });
    const { port, counters } = await start(
      new Map([
        [1, disturbed({ drop: true })],
        [2, disturbed({ delayMs: 120 })],
        [3, disturbed({ exception: 6 })],
        [4, disturbed({ mangle: () => Buffer.from("nonsense!") })],
        [5, unit()],
      ]),
    );
    const socket = await raw(port);
    socket.write(Buffer.concat([frame(1, 1, "0300000001"), frame(2, 2, "0300000001"), frame(5, 5, "0300000001")]));
    const answers = await take(socket, 22);
    // The slow unit keeps nobody waiting and the silent one says nothing.
    expect([answers.readUInt16BE(0), answers.readUInt16BE(11)]).toEqual([5, 2]);
    expect(counters.dropped).toBe(1);
    expect(await ask(port, "0300000001", 3)).toBe("8306");
    expect(await ask(port, "0300000001", 4)).toBe(Buffer.from("e!").toString("hex"));
  });

  it("can be unplugged and plugged in again on the same port", async () => {
    const { port, unplug, plug } = await start(new Map([[1, unit()]]));
    const socket = await raw(port);
    const closed = once(socket, "close");
    await unplug();
    await closed;
    await expect(raw(port)).rejects.toThrow("ECONNREFUSED");
    await plug();
    expect(await ask(port, "0300000001")).toContain("0302");
  });
});
