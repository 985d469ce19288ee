import "./words/language.ts";
import { render } from "preact";
import { openClient } from "#msgs/client/client.ts";
import { openRoom } from "./plant/room.ts";
import { Screen } from "./views/screen.tsx";

/** The root of the screen: the only place that touches the browser's socket, clock and timers. */

const after = (ms: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

const beatMs = 500;

const client = openClient({
  url: location.origin,
  socket: (url) => new WebSocket(url),
  fetch: (url, init) => fetch(url, init),
  after,
  random: () => Math.random(),
  aliveEveryMs: 5_000,
});
const room = openRoom({ client, wallMs: () => Date.now(), nextFrame: (run) => requestAnimationFrame(run), after });
setInterval(() => room.beat(), beatMs);

const place = document.getElementById("screen");
if (place) render(<Screen room={room} />, place);
