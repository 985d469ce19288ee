import uPlot from "uplot";
import type { Timestamp } from "#msgs/time.ts";
import type { Drawn, Span } from "./track.ts";

/** A uPlot chart of one point, fed with what `drawn` made. */
export interface Chart {
  show(data: Drawn, from: Timestamp, to: Timestamp): void;
  resize(width: number, height: number): void;
  close(): void;
}

export interface ChartOptions {
  readonly stepped: boolean;
  /** Writes a value of the axis and of the cursor. */
  readonly text: (value: number) => string;
  /** The cursor stands at this dot; undefined when it left. */
  readonly pointed: (at: number | undefined, value: number | null) => void;
}

/** Colours come from the style sheet, asked at each drawing, so that light and dark are changed in one place. */
function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function openChart(place: HTMLElement, options: ChartOptions): Chart {
  let spans: readonly Span[] = [];
  let range: [number, number] = [0, 1];
  const path = options.stepped ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
  const line = (name: string, more: Partial<uPlot.Series>): uPlot.Series => ({
    stroke: () => colour(name),
    width: 1.5,
    points: { show: false },
    spanGaps: false,
    ...(path && { paths: path }),
    ...more,
  });
  const axis: uPlot.Axis = {
    stroke: () => colour("text-soft"),
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { stroke: () => colour("line"), width: 1, size: 4 },
    font: "11px system-ui, sans-serif",
  };
  const plot = new uPlot(
    {
      width: Math.max(50, place.clientWidth),
      height: Math.max(50, place.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { x: { time: true, range: () => range }, y: { range: (_self, low, high) => yRange(low, high, options.stepped) } },
      axes: [
        { ...axis, size: 26, values: (_self, splits, _axis, _space, step) => splits.map((at) => timeText(at, step)) },
        { ...axis, size: 58, values: (_self, splits) => splits.map((at) => axisText(at, options)) },
      ],
      series: [
        {},
        line("trend-line", {}),
        line("warn", { dash: [4, 3] }),
        line("trend-band", { width: 0 }),
        line("trend-band", { width: 0 }),
      ],
      bands: [{ series: [4, 3], fill: () => colour("trend-band") }],
      hooks: {
        drawClear: [(self) => drawSpans(self, spans)],
        setCursor: [
          (self) => {
            const index = self.cursor.idx;
            if (index === null || index === undefined) return options.pointed(undefined, null);
            options.pointed(self.data[0][index], self.data[1]?.[index] ?? self.data[2]?.[index] ?? null);
          },
        ],
      },
    },
    [[], [], [], [], []],
    place,
  );
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const redraw = (): void => plot.redraw();
  scheme.addEventListener("change", redraw);

  return {
    show(data, from, to) {
      spans = data.spans;
      range = [from / 1e6, to / 1e6];
      plot.setData([data.x, data.good, data.uncertain, data.min, data.max]);
    },
    resize: (width, height) => plot.setSize({ width, height }),
    close() {
      scheme.removeEventListener("change", redraw);
      plot.destroy();
    },
  };
}

/** A value that hardly moves is not blown up to fill the height: a flat line should look flat. */
function yRange(low: number | null, high: number | null, stepped: boolean): [number, number] {
  if (low === null || high === null || !Number.isFinite(low) || !Number.isFinite(high)) return [0, 1];
  const least = stepped ? 1 : Math.max(Math.abs(high), Math.abs(low)) * 0.02 || 1;
  const span = Math.max(high - low, least);
  const middle = (high + low) / 2;
  return [middle - span * 0.6, middle + span * 0.6];
}

/** Gaps are hatched, bad stretches barred at the foot, uncertain ones tinted: none of them can look like a calm line. */
function drawSpans(plot: uPlot, spans: readonly Span[]): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { kind, from, to } of spans) {
    const left = plot.valToPos(from / 1e6, "x", true);
    const right = plot.valToPos(to / 1e6, "x", true);
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    const width = Math.max(right - left, ratio);
    if (kind === "gap") hatch(ctx, left, bbox.top, width, bbox.height, colour("hatch"), 7 * ratio);
    else {
      const name = kind === "bad" ? "bad" : "warn";
      ctx.globalAlpha = 0.16;
      ctx.fillStyle = colour(name);
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.globalAlpha = 1;
      ctx.fillStyle = colour(name);
      ctx.fillRect(left, bbox.top + bbox.height - 4 * ratio, width, 4 * ratio);
    }
  }
  ctx.restore();
}

function hatch(ctx: CanvasRenderingContext2D, x: number, y: number, width: number, height: number, stroke: string, step: number): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, width, height);
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = Math.max(1, step / 7);
  ctx.beginPath();
  for (let at = x - height; at < x + width; at += step) {
    ctx.moveTo(at, y + height);
    ctx.lineTo(at + height, y);
  }
  ctx.stroke();
  ctx.restore();
}

/** Between two states there is nothing to name. */
function axisText(value: number, { stepped, text }: ChartOptions): string {
  return stepped && !Number.isInteger(value) ? "" : text(value);
}

function timeText(seconds: number, step: number): string {
  const text = new Date(seconds * 1000).toTimeString();
  return step < 60 ? text.slice(0, 8) : text.slice(0, 5);
}
