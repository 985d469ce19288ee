import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { PeerKind } from "./build.ts";

/** One line a peer printed. */
export interface PeerLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A running peer: what it says can be waited for, and it never outlives the test. */
export class Peer {
  readonly lines: PeerLine[] = [];
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private readonly waiters = new Set<() => void>();

  constructor(program: string, kind: PeerKind | "ros", mode: string, options: Readonly<Record<string, string | number>>) {
    const values = Object.entries(options).map(([name, value]) => `${name}=${value}`);
    const env = { ...process.env, ...(kind === "cyclone" ? { CYCLONEDDS_URI: cycloneConfig(options.peer) } : {}) };
    this.child = spawn(program, [mode, ...values], { env, stdio: ["ignore", "pipe", "ignore"] });
    createInterface({ input: this.child.stdout! }).on("line", (line) => {
      if (line.startsWith("{")) this.lines.push(JSON.parse(line) as PeerLine);
      for (const wake of this.waiters) wake();
    });
    this.exited = new Promise((resolve) => this.child.once("close", () => resolve()));
    void this.exited.then(() => this.waiters.forEach((wake) => wake()));
  }

  /** The first line with this event that fulfils the condition; rejects when the peer ends without it or the time is up. */
  async said(event: string, withinMs = 15_000, condition: (line: PeerLine) => boolean = () => true): Promise<PeerLine> {
    const find = () => this.lines.find((line) => line.event === event && condition(line));
    const until = performance.now() + withinMs;
    for (;;) {
      const line = find();
      if (line !== undefined) return line;
      const left = until - performance.now();
      const ended = this.child.exitCode !== null || this.child.signalCode !== null;
      if (left <= 0 || ended)
        throw new Error(`no "${event}" from the peer (${ended ? "it ended" : "time is up"}): ${JSON.stringify(this.lines.slice(-5))}`);
      await this.nextLine(left);
    }
  }

  /** Ends it in good order and returns the last line it printed. */
  async stop(): Promise<PeerLine | undefined> {
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.child.kill("SIGKILL"), 3000);
    await this.exited;
    clearTimeout(force);
    return this.lines.at(-1);
  }

  /** Ends it without a goodbye, as a power cut would. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exited;
  }

  private nextLine(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, withinMs);
      this.waiters.add(done);
    });
  }
}

/** Loopback without multicast. `peer` is a port to announce to instead of the usual ones, for a relay in between. */
function cycloneConfig(peer: string | number | undefined): string {
  const address = peer === undefined ? "127.0.0.1" : `127.0.0.1:${peer}`;
  return (
    `<CycloneDDS><Domain><General><Interfaces><NetworkInterface address="127.0.0.1"/></Interfaces>` +
    `<AllowMulticast>false</AllowMulticast></General>` +
    `<Discovery><LeaseDuration>2s</LeaseDuration><ParticipantIndex>auto</ParticipantIndex><MaxAutoParticipantIndex>30</MaxAutoParticipantIndex>` +
    `<Peers><Peer address="${address}"/></Peers></Discovery>` +
    `<Internal><SocketReceiveBufferSize min="default" max="4MB"/></Internal></Domain></CycloneDDS>`
  );
}
