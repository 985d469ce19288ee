/**
 * A state machine as a complete table: every state answers every event or the file does not compile. "same" stays, null
 * means it cannot happen here, and it is a bug when it does.
 */
export type Table<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]: State | "same" | null };
};

export function step<State extends string, Event extends string>(table: Table<State, Event>, state: State, event: Event): State {
  const next: State | "same" | null = table[state][event];
  if (next === null) throw new Error(`broken assumption: "${event}" cannot happen while "${state}"`);
  return next === "same" ? state : (next as State);
}
