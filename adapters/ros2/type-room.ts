import { loadFolder, standardTypes } from "./types/load.ts";
import type { TypeRegistry } from "./types/registry.ts";

const plainviewMessages = new URL("../../msgs/plainview_msgs", import.meta.url).pathname;

/** The types one link knows: the standard packages, ours, and those of its folder. Throws with the path of a file that cannot be read. */
export function typesFor(folder: string | undefined): TypeRegistry {
  const registry = standardTypes();
  loadFolder(registry, plainviewMessages);
  if (folder !== undefined) loadFolder(registry, folder);
  return registry;
}
