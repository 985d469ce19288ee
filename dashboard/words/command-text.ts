import type { CommandState } from "#msgs/command.ts";
import type { Value } from "#msgs/point.ts";
import type { CommandJson } from "#msgs/wire/values.ts";

/** How a command's state asks for attention: it waits, it is done, it is done otherwise than asked, or nobody can say. */
export type Attention = "pending" | "done" | "look" | "wrong";

interface Words {
  readonly word: string;
  readonly attention: Attention;
  /** What it means, for the tooltip and for people who meet it for the first time. */
  readonly means: string;
}

const words: Readonly<Record<CommandState, Words>> = {
  recorded: { word: "requested", attention: "pending", means: "understood and recorded, not sent yet" },
  held: { word: "held", attention: "pending", means: "waits for a second person" },
  released: { word: "released", attention: "pending", means: "a second person has agreed" },
  sending: { word: "sending", attention: "pending", means: "on its way to the device" },
  sent: { word: "sent", attention: "pending", means: "the device answered; waiting for the plant to show it" },
  confirmed: { word: "confirmed", attention: "done", means: "the plant shows it" },
  masked: { word: "masked", attention: "look", means: "accepted, but a higher priority holds the output" },
  mismatch: { word: "mismatch", attention: "wrong", means: "the plant shows something else" },
  rejected: { word: "rejected", attention: "look", means: "refused before anything was sent" },
  failed: { word: "failed", attention: "wrong", means: "the device said no" },
  expired: { word: "expired", attention: "look", means: "its time ran out before it was sent" },
  cancelled: { word: "cancelled", attention: "look", means: "taken back before it was sent" },
  unknown: { word: "unknown", attention: "wrong", means: "it was sent and nobody can say what became of it" },
};

export function stateWords(state: CommandState): Words {
  return words[state];
}

/** What was to be done, from the act as it travels. */
export interface ActRead {
  readonly do: "set" | "release" | "call";
  /** The point or the device. */
  readonly target: string;
  readonly value?: Value;
  readonly method?: string;
}

export function readAct(command: Pick<CommandJson, "act">): ActRead {
  const act = command.act as { do?: unknown; point?: unknown; device?: unknown; value?: unknown; method?: unknown } | undefined;
  const target = String(act?.point ?? act?.device ?? "");
  if (act?.do === "release") return { do: "release", target };
  if (act?.do === "call") return { do: "call", target, method: String(act.method ?? "") };
  const { value } = act ?? {};
  const plain = typeof value === "number" || typeof value === "boolean" || typeof value === "string" ? { value } : {};
  return { do: "set", target, ...plain };
}
