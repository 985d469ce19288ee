import { WebSocket } from "ws";

export interface TripTimes {
  readonly ack: number[];
  readonly requested: number[];
}

const points = 500;

/** The client's side of the bench; it runs in a process of its own, so that its work is not counted as the gateway's. */
export function frameOf(n: number): string {
  return JSON.stringify({ type: "point.write", point: `p-${(n % points) + 1}`, value: n % 97, priority: 16 });
}

function dial(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** What is still being done for the one before is not counted for the next: a person is slower than that. */
export function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

/** Times of single round trips in ms, sorted. */
export async function echoTrips(url: string, count: number): Promise<number[]> {
  const socket = await dial(url);
  const times: number[] = [];
  while (times.length < count) {
    await rest();
    const begin = performance.now();
    socket.send(frameOf(0));
    await new Promise((resolve) => socket.once("message", resolve));
    times.push(performance.now() - begin);
  }
  socket.terminate();
  return times.sort((a, b) => a - b);
}

/** One command after the other, each only when the one before has ended. */
export async function commandTrips(url: string, count: number): Promise<TripTimes> {
  const socket = await dial(url);
  const ack: number[] = [];
  const requested: number[] = [];
  for (let n = 0; n < count; n++) {
    await rest();
    const begin = performance.now();
    socket.send(frameOf(n));
    await new Promise<void>((resolve) => {
      const hear = (data: unknown): void => {
        const text = String(data as Buffer);
        if (isAck(text)) ack.push(performance.now() - begin);
        else if (isEvent(text, "requested")) requested.push(performance.now() - begin);
        else if (isEvent(text, "confirmed")) {
          socket.off("message", hear);
          resolve();
        }
      };
      socket.on("message", hear);
    });
  }
  socket.terminate();
  const sorted = (times: number[]): number[] => times.sort((a, b) => a - b);
  return { ack: sorted(ack), requested: sorted(requested) };
}

/** Commands a second from the first frame to the last end, with the record written and synced for each. */
export async function audited(url: string, count: number, underWay: number): Promise<number> {
  const socket = await dial(url);
  let sent = 0;
  let ended = 0;
  const begin = performance.now();
  await new Promise<void>((resolve, reject) => {
    socket.on("message", (data) => {
      const text = String(data as Buffer);
      if (isAck(text) && !text.includes('"status":"success"')) reject(new Error(text));
      if (!isEvent(text, "confirmed")) return;
      if (++ended === count) resolve();
      else if (sent < count) socket.send(frameOf(sent++));
    });
    while (sent < underWay) socket.send(frameOf(sent++));
  });
  socket.terminate();
  return (count / (performance.now() - begin)) * 1_000;
}

export async function echoRate(url: string, count: number, underWay: number): Promise<number> {
  const socket = await dial(url);
  let sent = 0;
  let heard = 0;
  const begin = performance.now();
  await new Promise<void>((resolve) => {
    socket.on("message", () => {
      if (++heard === count) resolve();
      else if (sent++ < count) socket.send(frameOf(0));
    });
    for (; sent < underWay; sent++) socket.send(frameOf(0));
  });
  socket.terminate();
  return (count / (performance.now() - begin)) * 1_000;
}

function isAck(text: string): boolean {
  return text.startsWith('{"type":"ack"');
}

function isEvent(text: string, state: "requested" | "confirmed"): boolean {
  return text.includes(`"type":"command.${state}"`);
}
