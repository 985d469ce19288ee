import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
/** Debian keeps it where the paths of users do not look. */
const program = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"].find((path) => existsSync(path));

/** Eclipse Mosquitto with a configuration of its own on a port of its own; undefined when the machine does not have it. */
export async function startMosquitto(lines: readonly string[] = []): Promise<Mosquitto | undefined> {
  if (program === undefined) {
    console.info("not tried against Mosquitto: the package mosquitto is missing");
    return undefined;
  }
  const broker = new Mosquitto(program);
  await broker.start(lines);
  return broker;
}

export class Mosquitto {
  readonly folder = mkdtempSync(join(tmpdir(), "plainview-mosquitto-"));
  port = 0;
  private readonly program: string;
  private child: ChildProcess | undefined;

  constructor(path: string) {
    this.program = path;
  }

  async start(lines: readonly string[]): Promise<void> {
    this.port = await freePort();
    const file = join(this.folder, "broker.conf");
    const anonymous = lines.some((line) => line.startsWith("allow_anonymous")) ? [] : ["allow_anonymous true"];
    const own = [`listener ${this.port} 127.0.0.1`, ...anonymous, "persistence false", ...(process.getuid?.() === 0 ? ["user root"] : [])];
    writeFileSync(file, [...own, ...lines.map((line) => line.replaceAll("{folder}", this.folder)), ""].join("\n"));
    this.child = spawn(this.program, ["-c", file], { stdio: "ignore" });
    const end = performance.now() + 5_000;
    while (!(await answers(this.port))) {
      if (performance.now() > end || this.child.exitCode !== null) throw new Error(`Mosquitto did not start with ${file}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A certificate for 127.0.0.1 that signs itself, in `folder`; false when there is no openssl. */
  static async certificate(folder: string): Promise<boolean> {
    const about = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
    const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
    const made = run("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...about, ...files]);
    return made.then(
      () => true,
      () => (console.info("not tried over TLS: openssl is missing"), false),
    );
  }

  async close(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child && child.exitCode === null) {
      const gone = once(child, "exit");
      child.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    const say = (isThere: boolean) => (socket.destroy(), resolve(isThere));
    socket.once("connect", () => say(true));
    socket.once("error", () => say(false));
  });
}
