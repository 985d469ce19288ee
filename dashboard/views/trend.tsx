import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Room } from "../plant/room.ts";
import type { Picture } from "../plant/picture.ts";
import type { ShownPoint } from "../plant/plant.ts";
import { openChart } from "../trend/chart.ts";
import { askHistory, bucketUs, windows, type TrendWindow } from "../trend/history.ts";
import { drawn, gapAfterUs, numberOf, openTrack } from "../trend/track.ts";
import { clockText } from "../words/time-text.ts";
import { unitText } from "../words/unit-text.ts";
import { valueText } from "../words/value-text.ts";
import { Panel } from "./panel.tsx";

/** The recent past of the chosen point. History from the record, live values appended; what is not known shows as hatched. */
export function Trend({ room }: { room: Room }) {
  const window = useSignal<TrendWindow>(windows[0]);
  const pointed = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const picture = room.shown.value;
  const point = picture.plant.points.get(room.selected.value ?? "");
  const place = useRef<HTMLDivElement>(null);
  const drawable = point && point.kind !== "text";

  useEffect(() => {
    if (!place.current || !point || !drawable) return;
    return follow(room, picture, point, window.value, place.current, {
      pointed: (text) => (pointed.value = text),
      problem: (text) => (problem.value = text),
    });
  }, [picture, point, window.value]);

  return (
    <Panel
      room={room}
      name="trend"
      title={point?.id ?? "Trend"}
      extra={
        <span class="windows" role="group" aria-label="Stretch">
          {windows.map((choice) => (
            <button type="button" key={choice.text} aria-pressed={window.value === choice} onClick={() => (window.value = choice)}>
              {choice.text}
            </button>
          ))}
        </span>
      }
    >
      {drawable ? (
        <>
          <p class="pointed">
            {problem.value === undefined ? pointed.value || unitText(point.unit) || " " : `✕ no history: ${problem.value}`}
          </p>
          <div class="chart" ref={place} />
        </>
      ) : (
        <p class="empty">{point ? "Text has no trend." : "No point chosen."}</p>
      )}
    </Panel>
  );
}

interface Told {
  pointed(text: string): void;
  problem(text: string | undefined): void;
}

const historyLateUs = 1_000_000;
/** A replay at speed passes more samples than are sent, and a database may still be starting: the record is asked again this often. */
const fillEveryMs = 2_000;

/** Draws until it is told to stop. */
function follow(room: Room, picture: Picture, point: ShownPoint, window: TrendWindow, place: HTMLElement, told: Told): () => void {
  const track = openTrack();
  const asking = new AbortController();
  const widthUs = window.seconds * 1e6;
  let scheduled = false;
  let lastNow: number | undefined;
  let filledAtMs = performance.now();
  let lastFilled: number | undefined;
  let failed = false;
  const chart = openChart(place, {
    stepped: point.kind !== "number",
    text: (value) => valueText({ kind: point.kind, ...(point.states && { states: point.states }) }, shortened(value)),
    pointed(at, value) {
      told.pointed(at === undefined ? "" : `${clockText(at * 1e6)}  ${valueText(point, value)} ${unitText(point.unit)}`);
    },
  });

  function draw(): void {
    scheduled = false;
    const now = picture.clock.now();
    if (now === undefined) return;
    // A replay that jumped back shows another stretch: what was drawn lies in its future.
    if (lastNow !== undefined && now < lastNow - historyLateUs) {
      track.clear();
      void load(now);
    }
    lastNow = now;
    const dots = track.dots();
    chart.show(drawn(dots, now - widthUs, now, Math.max(gapAfterUs(point, dots), bucketUs(window) * 2.5)), now - widthUs, now);
  }
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(draw);
  }
  async function load(until: number | undefined): Promise<void> {
    if (until === undefined) return;
    filledAtMs = performance.now();
    lastFilled = until;
    try {
      track.merge(await askHistory(room.client.http, point.id, window, until, asking.signal));
      failed = false;
      told.problem(undefined);
    } catch (error) {
      failed = true;
      if (!asking.signal.aborted) told.problem(error instanceof Error ? error.message : String(error));
    }
    schedule();
  }

  const stopListening = picture.onSamples((samples) => {
    for (const { point: id, value, quality, sourceTime } of samples) {
      if (id === point.id) track.add({ at: sourceTime, value: numberOf(value), quality }, picture.clock.now());
    }
    schedule();
  });
  const stopBeat = room.now.subscribe(() => {
    // The first telling of the time may come after the chart was opened.
    const now = picture.clock.now();
    const isFirst = lastNow === undefined && now !== undefined;
    const isOwed = (failed || picture.kind === "replay") && now !== lastFilled && performance.now() - filledAtMs > fillEveryMs;
    if (isFirst || isOwed) void load(now);
    schedule();
  });
  const observer = new ResizeObserver(() => chart.resize(Math.max(50, place.clientWidth), Math.max(50, place.clientHeight)));
  observer.observe(place);
  return () => {
    asking.abort();
    stopListening();
    stopBeat();
    observer.disconnect();
    chart.close();
  };
}

/** Axis figures come out of divisions: 0.30000000000000004 is 0.3. */
function shortened(value: number): number {
  return Number(value.toPrecision(8));
}
