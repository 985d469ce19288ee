import type { PointId } from "#msgs/point.ts";
import type { Sample } from "#msgs/sample.ts";
import type { Room } from "../plant/room.ts";
import type { ShownPoint } from "../plant/plant.ts";
import { durationText } from "../words/duration-text.ts";
import { qualityText, trustOf, type Trust } from "../words/trust.ts";
import { unitText } from "../words/unit-text.ts";
import { valueText } from "../words/value-text.ts";

/** Everything that is said about a point's newest value; the same words in the table and on the faceplate. */
export interface Reading {
  readonly trust: Trust;
  readonly text: string;
  readonly unit: string;
  readonly quality: string;
  readonly age: string;
  /** The last value that could be used, where the present one cannot. */
  readonly was: string | undefined;
  readonly sample: Sample | undefined;
}

/** Must be called while rendering: it listens to the point's cell, to the beat and to the contact. */
export function readingOf(room: Room, point: ShownPoint): Reading {
  const picture = room.shown.value;
  const sample = picture.values.cell(point.id).value;
  const now = room.now.value;
  const lost = room.contact.lost.value;
  const told = trustOf(sample?.quality);
  // Without contact nothing is known to be good any more; what was bad stays bad.
  const trust = lost && told !== "bad" ? "unknown" : told;
  const isGone = sample === undefined || sample.value === null;
  const good = isGone ? picture.values.lastGood(point.id) : undefined;
  return {
    trust,
    text: valueText(point, sample?.value),
    unit: isGone && !good ? "" : unitText(point.unit),
    quality: trust === "unknown" && sample ? "no contact" : qualityText(sample?.quality),
    age: sample && now !== undefined ? durationText((now - sample.at) / 1000) : "",
    was: good && valueText(point, good.value),
    sample,
  };
}

/** A value that can be clicked wherever it stands. */
export function PointLink({ room, point }: { room: Room; point: PointId }) {
  if (!room.shown.value.plant.points.has(point)) return <span class="id">{point}</span>;
  return (
    <button type="button" class="link id" onClick={() => (room.selected.value = point)}>
      {point}
    </button>
  );
}
