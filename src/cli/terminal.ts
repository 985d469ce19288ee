/** What a command sees of the place it runs in; tests hand in their own. */
export interface Terminal {
  /** One line, or several, to whoever reads the result. */
  out(text: string): void;
  /** To the person: progress, reasons. */
  err(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Somebody is looking, so progress is welcome. */
  readonly isInteractive: boolean;
  /** Aborted by Ctrl-C. */
  readonly stopped: AbortSignal;
  /** Milliseconds of the wall clock, for ages. */
  now(): number;
  /** Everything on standard input. */
  input(): Promise<string>;
}

export function processTerminal(stopped: AbortSignal): Terminal {
  // A reader that has gone away (`plainview points | head`) is no error.
  process.stdout.on("error", () => process.exit(0));
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    env: process.env,
    cwd: process.cwd(),
    isInteractive: process.stderr.isTTY === true,
    stopped,
    now: () => Date.now(),
    async input() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString("utf8");
    },
  };
}
