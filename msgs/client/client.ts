import type { ClientFrame, ClientFrameOf, MissionFrame, WriteFrame } from "../wire/client-frames.ts";
import { isMissionFrame, isWriteFrame } from "../wire/frame-types.ts";
import type { CommandEventData, ConnectedData, EventData, ServerFrame, ServerFrameOf } from "../wire/server-frames.ts";
import type { CommandJson } from "../wire/values.ts";
import { openConnection, type ConnectionState } from "./connection.ts";
import { openEnds } from "./ends.ts";
import { httpClient, type HttpClient } from "./http.ts";
import { ClientError, emitter, newId, type ClientOptions, type Emitter } from "./options.ts";
import { sampleReader, type SampleBatch } from "./samples.ts";

export type Ack = ServerFrameOf<"ack">;

/** What a client hears. `event` has everything that is not a value; `command` repeats those of them that are steps of a command. */
export interface ClientEvents extends Record<string, unknown> {
  state: { readonly state: ConnectionState; readonly why?: string };
  connected: ConnectedData;
  event: { readonly timeline: string; readonly data: EventData };
  command: CommandEventData & { readonly timeline: string };
  samples: SampleBatch;
  derived: ServerFrameOf<"derived">;
  link: ServerFrameOf<"link">;
  timeline: ServerFrameOf<"timeline">;
  mission: ServerFrameOf<"mission">;
  overtaken: ServerFrameOf<"overtaken">;
  /** A frame could not be used, and nobody asked for an answer to it. */
  error: ServerFrameOf<"error">;
}

export interface Watch {
  readonly patterns: readonly string[];
  readonly timeline?: string;
  readonly maxRateHz?: number;
}

/** What a command was answered with at once, and the promise of what became of it. */
export interface Asked {
  readonly commandId: string;
  readonly ack: Ack;
  /** The terminal step. Survives a reconnection by asking for the command afterwards. */
  readonly end: Promise<CommandJson>;
}

export interface Client {
  readonly state: ConnectionState;
  readonly http: HttpClient;
  readonly on: Emitter<ClientEvents>["on"];
  /** The timeline the screen shows. It goes out with every write, and anything but "live" is refused by the gateway. */
  timeline: string;
  opened(): Promise<void>;
  /** Kept up over reconnections until closed. */
  subscribe(watch: Watch): { change(watch: Watch): void; close(): void };
  /** Sends any frame and resolves with its answer; a refusal by a gate is an answer, an error frame rejects. */
  request(frame: ClientFrame): Promise<Ack>;
  /** A write whose end is awaited: `await (await client.command({type: "point.write", point, value})).end`. */
  command(frame: CommandFrame): Promise<Asked>;
  close(): void;
}

export type CommandFrame =
  | ClientFrameOf<"point.write">
  | ClientFrameOf<"point.release">
  | ClientFrameOf<"valve.actuate">
  | ClientFrameOf<"device.call">
  | ClientFrameOf<"recipe.apply">;

/** The typed wire client that the dashboard, the command line and the tests share. Connects at once. */
export function openClient(options: ClientOptions): Client {
  const events = emitter<ClientEvents>();
  const reader = sampleReader();
  const http = httpClient(options);
  const watches = new Map<string, Watch>();
  const ends = openEnds((commandId) => http.commandById(commandId));
  let nextWatch = 0;

  const connection = openConnection(options, {
    frame: hear,
    state(state, why) {
      if (state === "open") takeUpAgain();
      events.emit("state", { state, ...(why !== undefined && { why }) });
    },
  });

  function hear(frame: ServerFrame): void {
    switch (frame.type) {
      case "event":
        return hearEvent(frame.timeline, frame.data as EventData);
      case "samples":
        return events.emit("samples", reader.rows(frame));
      case "points":
        return reader.points(frame);
      case "columns":
        return events.emit("samples", reader.columns(frame));
      case "error":
        if (frame.requestId === undefined) events.emit("error", frame);
        return;
      case "derived":
      case "link":
      case "timeline":
      case "mission":
      case "overtaken":
        return events.emit(frame.type, frame as never);
      case "ack":
      case "pong":
        return;
    }
  }

  function hearEvent(timeline: string, data: EventData): void {
    if (data.type === "connected") events.emit("connected", data as unknown as ConnectedData);
    events.emit("event", { timeline, data });
    if (typeof data["commandId"] !== "string" || typeof data["state"] !== "string") return;
    const command = data as unknown as CommandEventData;
    events.emit("command", { ...command, timeline });
    if (timeline === "live") ends.heard(command);
  }

  function takeUpAgain(): void {
    reader.reset();
    // `connection` is not assigned yet only while it is being made, and then nothing is watched.
    for (const [name, watch] of watches) connection.send(subscribeFrame(name, watch));
    ends.askAll();
  }

  function stamped<Frame extends ClientFrame>(frame: Frame): Frame {
    return isWriteFrame(frame) && frame.timeline === undefined ? { ...frame, timeline: client.timeline } : frame;
  }

  const client: Client = {
    timeline: "live",
    http,
    on: events.on,
    get state() {
      return connection.state;
    },
    opened: () => connection.opened(),
    subscribe(watch) {
      const name = `watch-${++nextWatch}`;
      const send = (now: Watch): void => {
        watches.set(name, now);
        connection.send(subscribeFrame(name, now));
      };
      send(watch);
      return {
        change: send,
        close() {
          if (watches.delete(name)) connection.send({ type: "unsubscribe", subscription: name });
        },
      };
    },
    async request(frame) {
      const answer = await connection.request(stamped(frame));
      if (answer.type !== "ack") throw new ClientError("bad-answer", `${frame.type} was answered with ${answer.type}`);
      return answer;
    },
    async command(frame) {
      const commandId = frame.commandId ?? newId();
      const end = ends.expect(commandId);
      try {
        return { commandId, ack: await client.request({ ...frame, commandId }), end };
      } catch (error) {
        // The frame may have arrived all the same: only an answer that says it was not used lets us forget it.
        if (error instanceof ClientError && error.code !== "link-lost" && error.code !== "timeout") ends.forget(commandId);
        throw error;
      }
    },
    close() {
      ends.clear();
      connection.close();
    },
  };
  return client;
}

function subscribeFrame(name: string, watch: Watch): ClientFrame {
  return {
    type: "subscribe",
    subscription: name,
    form: "columns",
    patterns: [...watch.patterns],
    ...(watch.timeline !== undefined && { timeline: watch.timeline }),
    ...(watch.maxRateHz !== undefined && { maxRateHz: watch.maxRateHz }),
  };
}

export { isMissionFrame, isWriteFrame, ClientError, newId };
export type { ClientOptions, ConnectionState, HttpClient, MissionFrame, SampleBatch, WriteFrame };
