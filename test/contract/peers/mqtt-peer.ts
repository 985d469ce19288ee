import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { matches } from "#adapters/mqtt/topic.ts";
import { bytesOfPublish, MqttReader, packet, type PeerPacket } from "./mqtt-wire.ts";

export type Behaviour = "well" | "frozen" | "garbage" | { readonly slowMs: number };

export interface Sent {
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly id?: number;
}

interface Client {
  readonly socket: Socket;
  readonly id: string;
  readonly isFive: boolean;
  readonly isClean: boolean;
  readonly filters: Map<string, number>;
}

/** A broker of our own over bare sockets that speaks just enough MQTT, and misbehaves as it is told. */
export class MqttPeer {
  port = 0;
  readonly retained = new Map<string, string>();
  /** Everything clients published, in order. */
  readonly told: { topic: string; payload: string; qos: number; retain: boolean }[] = [];
  /** Packet types and identifiers clients acknowledged with: "puback 7". */
  readonly acknowledged: string[] = [];
  readonly subscribed: string[][] = [];
  readonly unsubscribed: string[] = [];
  readonly goodbyes: string[] = [];
  readonly refusedFilters = new Set<string>();
  /** Reason a publish on this topic is answered with (MQTT 5). */
  readonly publishReasons = new Map<string, number>();
  connackCode = 0;
  /** Runs when a client is welcome, before anything else is said to it: what a kept session brings. */
  welcome: (client: Client) => void = () => {};
  /** A device behind the broker: hears what is published. */
  hear: (topic: string, payload: string) => void = () => {};
  readonly clients = new Set<Client>();
  private how: Behaviour = "well";
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private lastId = 0;

  static async start(): Promise<MqttPeer> {
    const peer = new MqttPeer();
    await peer.comeBack();
    return peer;
  }

  behave(how: Behaviour): void {
    this.how = how;
  }

  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async leave(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    this.cut();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.how = "well";
    this.server = createServer((socket) => this.accept(socket));
    this.server.listen(this.port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Says something to everybody who listens to it; answers with the packet identifier. */
  publish(topic: string, payload: string | Buffer, about: Sent = {}): number {
    const id = about.id ?? (this.lastId = (this.lastId % 65_535) + 1);
    if (about.retain) this.retained.set(topic, String(payload));
    for (const client of this.clients) {
      if ([...client.filters.keys()].some((filter) => matches(filter, topic)))
        this.send(client, topic, payload, { ...about, retain: false, id });
    }
    return id;
  }

  send(client: Client, topic: string, payload: string | Buffer, about: Sent = {}): void {
    this.write(client.socket, bytesOfPublish(topic, payload, { qos: 0, id: 1, ...about }, client.isFive));
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.sockets.delete(socket));
    const reader = new MqttReader();
    let client: Client | undefined;
    socket.on("close", () => client && this.clients.delete(client));
    socket.on("data", (bytes) => {
      for (const heard of reader.read(bytes)) client = this.take(socket, heard, client);
    });
  }

  private take(socket: Socket, heard: PeerPacket, client: Client | undefined): Client | undefined {
    if (this.how === "frozen") return client;
    if (heard.kind === "connect") {
      const made = { socket, id: heard.clientId, isFive: heard.isFive, isClean: heard.isClean, filters: new Map<string, number>() };
      this.write(socket, packet(0x20, [0, this.connackCode, ...(heard.isFive ? [0] : [])]));
      if (this.connackCode !== 0) return undefined;
      this.clients.add(made);
      this.welcome(made);
      return made;
    }
    if (client) this.answer(client, heard);
    return client;
  }

  private answer(client: Client, heard: PeerPacket): void {
    const { socket, isFive } = client;
    const none = isFive ? [0] : [];
    switch (heard.kind) {
      case "subscribe": {
        this.subscribed.push(heard.filters.map(({ filter }) => filter));
        const granted = heard.filters.map(({ filter, qos }) => (this.refusedFilters.has(filter) ? (isFive ? 0x87 : 0x80) : qos));
        this.write(socket, packet(0x90, [heard.id >> 8, heard.id & 255, ...none, ...granted]));
        for (const [at, { filter, qos }] of heard.filters.entries()) if (granted[at]! < 0x80) this.greet(client, filter, qos);
        return;
      }
      case "unsubscribe":
        for (const filter of heard.names) client.filters.delete(filter);
        this.unsubscribed.push(...heard.names);
        return this.write(socket, packet(0xb0, [heard.id >> 8, heard.id & 255, ...none, ...(isFive ? heard.names.map(() => 0) : [])]));
      case "publish":
        return this.takePublish(client, heard);
      case "acknowledgement":
        this.acknowledged.push(`${heard.name} ${heard.id}`);
        if (heard.name === "pubrec") this.write(socket, packet(0x62, [heard.id >> 8, heard.id & 255]));
        if (heard.name === "pubrel") this.write(socket, packet(0x70, [heard.id >> 8, heard.id & 255]));
        return;
      case "connect":
        return void socket.destroy();
      case "ping":
        return this.write(socket, packet(0xd0, []));
      case "goodbye":
        this.goodbyes.push(client.id);
        return void socket.end();
    }
  }

  private takePublish(client: Client, { topic, payload, qos, id, retain }: Extract<PeerPacket, { kind: "publish" }>): void {
    this.told.push({ topic, payload, qos, retain });
    const reason = client.isFive ? (this.publishReasons.get(topic) ?? 0) : 0;
    const answer = [id >> 8, id & 255, ...(reason ? [reason, 0] : [])];
    if (qos > 0) this.write(client.socket, packet(qos === 1 ? 0x40 : 0x50, answer));
    if (reason < 128) this.hear(topic, payload);
  }

  private greet(client: Client, filter: string, qos: number): void {
    client.filters.set(filter, qos);
    for (const [topic, payload] of this.retained) {
      if (matches(filter, topic))
        this.send(client, topic, payload, { qos: qos as 0 | 1 | 2, retain: true, id: (this.lastId = (this.lastId % 65_535) + 1) });
    }
  }

  private write(socket: Socket, bytes: Buffer): void {
    if (socket.destroyed || this.how === "frozen") return;
    if (this.how === "garbage") return void socket.write(Buffer.from("ffffffffffff00", "hex"));
    if (this.how === "well") return void socket.write(bytes);
    setTimeout(() => !socket.destroyed && socket.write(bytes), this.how.slowMs);
  }
}
