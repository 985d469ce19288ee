import type { CheckInterlock } from "#src/config/index.ts";
import { compileInterlock } from "#src/control/interlocks.ts";

/** What control finds wrong with an interlock, for the site file's check: the same code that will ask it later. */
export const checkInterlock: CheckInterlock = (interlock, target, kindOf) => {
  const compiled = compileInterlock(interlock, kindOf, target);
  return compiled.ok ? undefined : compiled.message;
};
