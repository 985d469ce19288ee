import type { Room } from "../plant/room.ts";
import type { ShownPoint } from "../plant/plant.ts";
import { exactText } from "../words/time-text.ts";
import { valueText } from "../words/value-text.ts";
import { unitText } from "../words/unit-text.ts";
import { CommandRow } from "./commands.tsx";
import { OverrideRow } from "./overrides.tsx";
import { Panel } from "./panel.tsx";
import { Mark } from "./plant-tree.tsx";
import { PointLink, readingOf } from "./shown-value.tsx";
import { WriteForm } from "./write-form.tsx";

/** Everything about one point: what it stands at, how far that may be believed, who holds it, and the way to write it. */
export function Faceplate({ room }: { room: Room }) {
  const { plant } = room.shown.value;
  const point = plant.points.get(room.selected.value ?? "");
  return (
    <Panel room={room} name="faceplate" title={point?.title ?? "Faceplate"}>
      {point ? <Plate key={point.id} room={room} point={point} /> : <p class="empty">Choose a point to see its faceplate and trend.</p>}
    </Panel>
  );
}

function Plate({ room, point }: { room: Room; point: ShownPoint }) {
  const reading = readingOf(room, point);
  const { sample } = reading;
  const alarm = room.shown.value.alarms.standing.value.find((standing) => standing.point === point.id);
  const isNumber = typeof sample?.value === "number" && point.kind === "number";
  return (
    <div class="scroll plate" data-point={point.id} data-trust={reading.trust}>
      <p class="where">
        <b class="id">{point.id}</b> · {point.device} · {point.area} ·{" "}
        <span title="adapter and address">
          {point.binding.adapter} {point.binding.address}
        </span>
      </p>
      {alarm && (
        <p class="standing">
          <span class={`badge alarm ${alarm.priority}`}>{alarm.priority}</span> <b>{alarm.message}</b>
        </p>
      )}
      <p class={`big ${reading.trust}`}>
        <Mark trust={reading.trust} />
        <output class="figure">{reading.text}</output>
        {reading.was === undefined ? <span class="unit">{reading.unit}</span> : <s>{`was ${reading.was} ${reading.unit}`}</s>}
      </p>
      {isNumber && point.range && <RangeBar point={point} value={sample.value as number} trusted={reading.trust === "good"} />}
      <dl class="facts">
        <dt>Quality</dt>
        <dd class={`quality ${reading.trust}`}>{reading.quality}</dd>
        <dt>Age</dt>
        <dd>{reading.age || "—"}</dd>
        <dt>Measured</dt>
        <dd>{sample ? exactText(sample.sourceTime) : "—"}</dd>
        <dt>Received</dt>
        <dd>{sample ? exactText(sample.at) : "—"}</dd>
      </dl>
      <Control room={room} point={point} />
      <OwnCommands room={room} point={point} />
    </div>
  );
}

function Control({ room, point }: { room: Room; point: ShownPoint }) {
  const picture = room.shown.value;
  const through = picture.plant.writtenThrough.get(point.id);
  const overrides = room.overrides.items.value.filter((override) => override.point === point.id);
  if (!point.control) {
    return through === undefined ? null : (
      <p class="soft">
        Read-only; moved by <PointLink room={room} point={through} />
      </p>
    );
  }
  if (picture.kind === "replay") {
    return <p class="no-write">This is a replay. Nothing can be written from here; go back to live first.</p>;
  }
  const { evidence, interlocks } = point.control;
  return (
    <div class="control">
      {overrides.map((override) => (
        <OverrideRow key={override.id} room={room} override={override} />
      ))}
      <WriteForm room={room} point={point} />
      <p class="soft">
        {evidence?.point !== undefined && evidence.point !== point.id && (
          <>
            Effect shown by <PointLink room={room} point={evidence.point} />.{" "}
          </>
        )}
        {interlocks?.length > 0 && `Blocked when ${interlocks.map(({ because }) => because).join("; or ")}.`}
      </p>
    </div>
  );
}

function OwnCommands({ room, point }: { room: Room; point: ShownPoint }) {
  const own = room.shown.value.commands.commands.value.filter(
    ({ command }) => (command.act as { point?: unknown } | undefined)?.point === point.id,
  );
  if (own.length === 0) return null;
  return (
    <div class="own-commands">
      <h3>Last commands here</h3>
      {own.slice(0, 4).map((followed) => (
        <CommandRow key={followed.command.id} room={room} followed={followed} isShort />
      ))}
    </div>
  );
}

/** Where in its range a value stands; grey, because being somewhere in the range asks nothing of anybody. */
function RangeBar({ point, value, trusted }: { point: ShownPoint; value: number; trusted: boolean }) {
  const { min, max } = point.range ?? { min: 0, max: 1 };
  const share = Math.min(1, Math.max(0, (value - min) / (max - min || 1)));
  const unit = unitText(point.unit);
  return (
    <div class={`range-bar ${trusted ? "" : "untrusted"}`} aria-hidden="true">
      <div class="bar">
        <i style={{ width: `${share * 100}%` }} />
      </div>
      <span>{valueText({ kind: "number" }, min)}</span>
      <span>
        {valueText({ kind: "number" }, max)} {unit}
      </span>
    </div>
  );
}
