import type { AdapterModule } from "#src/contract/adapter.ts";
import { bacnetAdapter } from "#adapters/bacnet/index.ts";
import { modbusAdapter } from "#adapters/modbus/index.ts";
import { mqttAdapter } from "#adapters/mqtt/index.ts";
import { ros2Adapter } from "#adapters/ros2/index.ts";

/** The protocols there are. A new adapter adds its line here and nowhere else. */
export const protocols: readonly AdapterModule[] = [bacnetAdapter, modbusAdapter, mqttAdapter, ros2Adapter].map(asModule);

/** Each module knows the shape of its own options; to everybody else they are what its schema says. */
function asModule(module: unknown): AdapterModule {
  return module as AdapterModule;
}
