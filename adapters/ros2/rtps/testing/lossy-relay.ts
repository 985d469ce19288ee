import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** What happens to packets on their way. */
export interface Weather {
  /** The share that is lost. */
  readonly loss: number;
  /** The share that is held back behind the packets that follow. */
  readonly reorder: number;
  /** The share that arrives twice. */
  readonly duplicate: number;
}

export interface Ports {
  readonly discovery: number;
  readonly user: number;
}

/**
 * Stands between two participants on loopback. Each side believes that the other lives on the relay's ports: announcements are
 * rewritten on the way through. Needs to know the real ports of both and works with any implementation.
 */
export class LossyRelay {
  readonly counters = { passed: 0, lost: 0, reordered: 0, duplicated: 0 };
  private readonly sockets: Socket[] = [];
  private readonly rewrites: { readonly from: Buffer; readonly to: Buffer }[] = [];
  private readonly weather: Weather;
  private readonly random: () => number;
  private held: (() => void) | undefined;
  private open = true;

  private constructor(weather: Weather, random: () => number) {
    this.weather = weather;
    this.random = random;
  }

  /** Resolves with the relay and the ports under which the left side sees the right one and the other way round. */
  static async start(left: Ports, right: Ports, weather: Weather, random: () => number) {
    const relay = new LossyRelay(weather, random);
    const faces = {
      left: { discovery: await relay.face(left.discovery), user: await relay.face(left.user) },
      right: { discovery: await relay.face(right.discovery), user: await relay.face(right.user) },
    };
    for (const [real, face] of [
      [left, faces.left],
      [right, faces.right],
    ] as const) {
      relay.rewrites.push({ from: locatorPattern(real.discovery), to: locatorPattern(face.discovery) });
      relay.rewrites.push({ from: locatorPattern(real.user), to: locatorPattern(face.user) });
    }
    return { relay, faces };
  }

  close(): void {
    this.open = false;
    for (const socket of this.sockets) socket.close();
  }

  /** A socket that forwards whatever it gets to a real port, and returns its own port. */
  private async face(target: number): Promise<number> {
    const socket = createSocket({
      type: "udp4",
      recvBufferSize: 4 << 20,
      sendBufferSize: 4 << 20,
      lookup: (host, _options, done) => done(null, host, 4),
    });
    this.sockets.push(socket);
    socket.on("message", (packet) => this.pass(socket, target, packet));
    // A lookup that answers at once makes the socket listen at once, so the ear has to be there before.
    const listening = once(socket, "listening");
    socket.bind(0, "127.0.0.1");
    await listening;
    return socket.address().port;
  }

  private pass(socket: Socket, target: number, packet: Buffer): void {
    const send = () => {
      if (this.open) socket.send(packet, target, "127.0.0.1", () => {});
    };
    this.rewrite(packet);
    if (this.random() < this.weather.loss) {
      this.counters.lost++;
      return;
    }
    this.counters.passed++;
    if (this.held === undefined && this.random() < this.weather.reorder) {
      this.counters.reordered++;
      this.held = send;
      return;
    }
    send();
    if (this.random() < this.weather.duplicate) {
      this.counters.duplicated++;
      send();
    }
    this.held?.();
    this.held = undefined;
  }

  private rewrite(packet: Buffer): void {
    for (const { from, to } of this.rewrites) {
      for (let at = packet.indexOf(from); at >= 0; at = packet.indexOf(from, at + from.length)) to.copy(packet, at);
    }
  }
}

/** The bytes of a loopback locator from its port on: port, twelve zeros, 127.0.0.1. */
function locatorPattern(port: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(port, 0);
  bytes.set([127, 0, 0, 1], 16);
  return bytes;
}
