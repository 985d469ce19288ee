import { useSignal } from "@preact/signals";
import type { Room } from "../plant/room.ts";

/** Shown where the gateway wants to know who one is. The session travels in a cookie, so a reload is all that is needed. */
export function SignIn({ room }: { room: Room }) {
  const name = useSignal("");
  const password = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    try {
      await room.client.http.signIn(name.value, password.value);
      location.reload();
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <h1>{room.contact.greeting.value?.site ?? "Plainview"}</h1>
      <label>
        Name
        <input name="name" autocomplete="username" value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} />
      </label>
      <label>
        Password
        <input
          name="password"
          type="password"
          autocomplete="current-password"
          value={password.value}
          onInput={(event) => (password.value = event.currentTarget.value)}
        />
      </label>
      <button type="submit">Sign in</button>
      {problem.value !== undefined && (
        <p class="refusal" role="alert">
          ✕ {problem.value}
        </p>
      )}
    </form>
  );
}
