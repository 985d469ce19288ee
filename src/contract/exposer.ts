import type { Bus } from "./bus.ts";
import type { Desk } from "./control.ts";

/** A server side: shows chosen points to the outside (Modbus, BACnet, OPC UA, Sparkplug edge) and passes writes to the desk. */
export interface Exposer {
  start(bus: Bus, desk: Desk): Promise<void>;
  close(): Promise<void>;
}
