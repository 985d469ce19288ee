import type { DeviceAct } from "#src/contract/adapter.ts";
import { GatewayError } from "#src/kit/errors.ts";
import { isBitTable } from "./address.ts";
import { encode, type Shape } from "./codec.ts";
import type { DeviceLimits, Method } from "./config.ts";
import { methods } from "./config.ts";
import { identify, maskRegister, readWriteRegisters, writeCoil, writeCoils, writeRegister, writeRegisters, type Question } from "./pdu.ts";

/** The one request that does what is wanted; throws a GatewayError that was never sent when no request can. */
export function setQuestion(act: Extract<DeviceAct, { do: "set" }>, shape: Shape, limits: DeviceLimits): Question {
  const { binding, value } = act;
  const { address, order } = shape;
  if (address.table === "input" || address.table === "discrete") throw refused(`${binding.address} can only be read`);
  if (isBitTable(address.table)) {
    const isOn = truth(value, binding.address);
    return limits.writeWith === "single" ? writeCoil(address.at, isOn) : writeCoils(address.at, [isOn]);
  }
  if (address.bit !== undefined) {
    // Reading, changing and writing back would undo what the device changed in between; the mask does it inside the device.
    const swapped = order === "badc" || order === "dcba";
    const mask = 1 << (swapped ? address.bit ^ 8 : address.bit);
    return truth(value, binding.address) ? maskRegister(address.at, mask, 0) : maskRegister(address.at, 0, mask);
  }
  const bytes = encode(shape, value);
  if (typeof bytes === "string") throw refused(`${binding.address}: ${bytes}`);
  return bytes.length === 2 && limits.writeWith === "single" ? writeRegister(address.at, bytes) : writeRegisters(address.at, bytes);
}

/** A call's request; what is not configured is refused, because raw writes pass by the limits of points. */
export function callQuestion(method: string, args: Readonly<Record<string, unknown>>, limits: DeviceLimits): Question {
  if (!(methods as readonly string[]).includes(method)) throw refused(`there is no method "${method}"; there are ${methods.join(", ")}`);
  if (!limits.calls.includes(method as Method)) throw refused(`"${method}" is not among the calls this device's options allow`);
  switch (method as Method) {
    case "identify":
      return identify(1, 0);
    case "write-coils":
      return writeCoils(
        place(args, "at"),
        list(args, "values", 1968).map((value) => value !== 0 && value !== false),
      );
    case "write-registers":
      return writeRegisters(place(args, "at"), words(list(args, "values", 123)));
    case "read-write-registers":
      return readWriteRegisters(place(args, "readAt"), count(args, "readCount"), place(args, "writeAt"), words(list(args, "values", 121)));
  }
}

function truth(value: unknown, address: string): boolean {
  if (typeof value === "boolean") return value;
  if (value === 0 || value === 1) return value === 1;
  throw refused(`${address} is a bit: true or false, not ${JSON.stringify(value)}`);
}

function place(args: Readonly<Record<string, unknown>>, name: string): number {
  const value = args[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw refused(`"${name}" must be a whole number from 0 to 65535`);
}

function count(args: Readonly<Record<string, unknown>>, name: string): number {
  const value = place(args, name);
  if (value >= 1 && value <= 125) return value;
  throw refused(`"${name}" must be from 1 to 125`);
}

function list(args: Readonly<Record<string, unknown>>, name: string, most: number): readonly unknown[] {
  const value = args[name];
  if (Array.isArray(value) && value.length >= 1 && value.length <= most) return value as readonly unknown[];
  throw refused(`"${name}" must be a list of 1 to ${most} values`);
}

function words(values: readonly unknown[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) {
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 65_535)
      throw refused("registers are whole numbers from 0 to 65535");
    bytes.writeUInt16BE(value, index * 2);
  }
  return bytes;
}

function refused(message: string): GatewayError {
  return new GatewayError("not-supported", message);
}
