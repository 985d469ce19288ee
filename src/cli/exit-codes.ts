import { ClientError } from "#msgs/client/client.ts";

/** What a script can rely on. The README's table is made from this. */
export const exitCodes = {
  done: { code: 0, means: "done; for a write: confirmed by the plant" },
  failed: { code: 1, means: "refused, failed, or not what was asked for; a site file with problems; a value that is bad" },
  usage: { code: 2, means: "the command line is wrong" },
  unreachable: { code: 3, means: "the gateway cannot be reached; nothing was sent" },
  unknown: { code: 4, means: "it was sent and nobody can say what became of it: look before you try again" },
  noRight: { code: 5, means: "not signed in, or no right to do this" },
  interrupted: { code: 130, means: "stopped by Ctrl-C before it was done" },
} as const satisfies Record<string, { code: number; means: string }>;

export type Exit = keyof typeof exitCodes;

/** A command's own way to say why it did not work. */
export class CommandFailure extends Error {
  readonly exit: Exit;
  readonly code: string;

  constructor(exit: Exit, message: string, code: string = exit) {
    super(message);
    this.name = "CommandFailure";
    this.exit = exit;
    this.code = code;
  }
}

export function exitOf(error: unknown): Exit {
  if (error instanceof CommandFailure) return error.exit;
  if (!(error instanceof ClientError)) return "failed";
  if (error.status === 401 || error.status === 403 || error.code === "not-signed-in" || error.code === "no-right") return "noRight";
  return error.status === undefined && (error.code === "link-lost" || error.code === "closed") ? "unreachable" : "failed";
}
