/**
 * A state machine as a complete table: every state answers every event or the file does not compile. `"same"` stays,
 * `null` says that the event cannot happen in this state, so that meeting it is a bug of ours.
 */
export type StateTable<State extends string, Event extends string> = {
  readonly [S in State]: { readonly [E in Event]: State | "same" | null };
};

/** The state after the event. Throws on an event that the table calls impossible. */
export function nextState<State extends string, Event extends string>(table: StateTable<State, Event>, state: State, event: Event): State {
  const next = table[state][event];
  if (next === null) throw new Error(`event "${event}" cannot happen in state "${state}"`);
  return next === "same" ? state : (next as State);
}
