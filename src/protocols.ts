import type { AdapterModule } from "#src/contract/adapter.ts";
import { modbusAdapter } from "#adapters/modbus/index.ts";

/** The protocols there are. A new adapter adds its line here and nowhere else. */
export const protocols: readonly AdapterModule[] = [modbusAdapter as unknown as AdapterModule];
