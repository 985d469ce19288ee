import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Focus, Room } from "../plant/room.ts";
import type { Plant, ShownPoint } from "../plant/plant.ts";
import { Mark } from "./plant-tree.tsx";
import { Panel } from "./panel.tsx";
import { readingOf } from "./shown-value.tsx";

const rowPx = 26;
/** Rows kept above and below what is seen, so that scrolling does not show holes. */
const spareRows = 6;

/** The points in focus with what they stand at. Only the rows that are seen exist, whatever the plant's size. */
export function PointTable({ room }: { room: Room }) {
  const filter = useSignal("");
  const seen = useSignal({ top: 0, height: 600 });
  const box = useRef<HTMLDivElement>(null);
  const { plant } = room.shown.value;
  const points = useMemo(() => inFocus(plant, room.focus.value, filter.value), [plant, room.focus.value, filter.value]);
  const first = Math.max(0, Math.floor(seen.value.top / rowPx) - spareRows);
  const last = Math.min(points.length, Math.ceil((seen.value.top + seen.value.height) / rowPx) + spareRows);

  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const look = (): void => void (seen.value = { top: place.scrollTop, height: place.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(place);
    place.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      place.removeEventListener("scroll", look);
    };
  }, []);

  const select = (index: number): void => {
    const point = points[Math.min(points.length - 1, Math.max(0, index))];
    if (!point) return;
    room.selected.value = point.id;
    intoView(box.current, points.indexOf(point));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const at = points.findIndex(({ id }) => id === room.selected.value);
    const pageRows = Math.max(1, Math.floor(seen.value.height / rowPx) - 1);
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + pageRows,
      PageUp: at - pageRows,
      Home: 0,
      End: points.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    select(to);
  };

  return (
    <Panel
      room={room}
      name="points"
      title={titleOf(room.focus.value)}
      extra={
        <input
          class="filter"
          type="search"
          placeholder="Find a point   /"
          aria-label="Find a point"
          value={filter.value}
          onInput={(event) => (filter.value = event.currentTarget.value)}
        />
      }
    >
      <div class="table-head" aria-hidden="true">
        <span />
        <span>Point</span>
        <span class="right">Value</span>
        <span>Unit</span>
        <span>Quality</span>
        <span class="right">Age</span>
      </div>
      <div class="scroll table" ref={box} tabIndex={0} role="listbox" aria-label="Points" onKeyDown={onKeyDown}>
        <div class="table-body" style={{ height: `${points.length * rowPx}px` }}>
          {points.slice(first, last).map((point, i) => (
            <PointRow key={point.id} room={room} point={point} top={(first + i) * rowPx} />
          ))}
        </div>
        {points.length === 0 && (
          <p class="empty">{filter.value === "" ? "No points here." : `No point has “${filter.value}” in its name.`}</p>
        )}
      </div>
    </Panel>
  );
}

function PointRow({ room, point, top }: { room: Room; point: ShownPoint; top: number }) {
  const reading = readingOf(room, point);
  const held = room.shown.value.kind === "live" ? room.overrides.items.value.find((override) => override.point === point.id) : undefined;
  const alarm = room.shown.value.alarms.standing.value.find((standing) => standing.point === point.id);
  return (
    <div
      class={`point-row ${reading.trust}`}
      style={{ transform: `translateY(${top}px)` }}
      role="option"
      aria-selected={room.selected.value === point.id}
      data-point={point.id}
      data-trust={reading.trust}
      onClick={() => (room.selected.value = point.id)}
    >
      <Mark trust={reading.trust} />
      <span class="name" title={`${point.title} · ${point.device} · ${point.binding.address}`}>
        <b>{point.id}</b>
        {alarm && (
          <span class={`badge alarm ${alarm.priority}`} title={alarm.message}>
            alarm
          </span>
        )}
        {held && (
          <span
            class={`badge held ${held.inEffect ? "" : "look"}`}
            title={`held by ${held.by}${held.inEffect ? "" : `; ${held.why ?? "not in effect"}`}`}
          >
            held
          </span>
        )}{" "}
        <i>{point.title}</i>
      </span>
      <span class="value right">
        {reading.was === undefined ? reading.text : <s title="last value that could be used">{reading.was}</s>}
      </span>
      <span class="unit">{reading.unit}</span>
      <span class="quality" title={reading.quality}>
        {reading.quality}
      </span>
      <span class="age right">{reading.age}</span>
    </div>
  );
}

function inFocus(plant: Plant, { area, device }: Focus, filter: string): readonly ShownPoint[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const devices = area === undefined ? undefined : new Set(plant.areas.find(({ id }) => id === area)?.devices.map(({ id }) => id));
  return plant.inOrder.filter((point) => {
    if (device !== undefined && point.device !== device) return false;
    if (area !== undefined && point.area !== area && !devices?.has(point.device)) return false;
    return words.every((word) => point.searched.includes(word));
  });
}

function titleOf({ area, device }: Focus): string {
  if (device !== undefined) return `Points of ${device}`;
  return area === undefined ? "Points" : `Points in ${area}`;
}

function intoView(box: HTMLElement | null, index: number): void {
  if (!box || index < 0) return;
  const top = index * rowPx;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + rowPx > box.scrollTop + box.clientHeight) box.scrollTop = top + rowPx - box.clientHeight;
}
