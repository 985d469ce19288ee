import { parse } from "yaml";
import { CommandFailure } from "./exit-codes.ts";

/** `port=502` as the site file would read it: numbers, true and false, lists in brackets, else text. */
export function parseSetting(written: string): [name: string, value: unknown] {
  const at = written.indexOf("=");
  if (at < 1) throw new CommandFailure("usage", `an option is written name=value, not "${written}"`);
  const text = written.slice(at + 1);
  try {
    return [written.slice(0, at), parse(text) as unknown];
  } catch {
    return [written.slice(0, at), text];
  }
}
