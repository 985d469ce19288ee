import { bacnetLink, bacnetSiteDevices } from "../bacnet/adapter-config.ts";
import { shownName } from "../bacnet/map.ts";

type SiteDevice = (typeof bacnetSiteDevices)[number];

/** The air-handling unit and its boxes, as an adapter of the site file. The boxes are alike and written once. */
export function bacnetAdapter(): Record<string, unknown> {
  const boxes = bacnetSiteDevices.filter(({ id }) => id.startsWith("vav-"));
  const others = bacnetSiteDevices.filter((device) => !boxes.includes(device));
  return {
    id: "building",
    protocol: "bacnet",
    title: "Air handling of the hall",
    ...bacnetLink("${DEMO_BACNET_PORT}"),
    // A device that is only listened to is missed within seconds; a large building is asked less often.
    timeoutMs: 1_000,
    retries: 1,
    checkS: 3,
    poll: "never",
    devices: [...others.map((device) => ({ id: device.id, title: device.title, ...restOf(device) })), equalBoxes(boxes)],
  };
}

/** `vav-{n}` for each of them: their instances are numbered as they are. */
function equalBoxes(boxes: readonly SiteDevice[]): Record<string, unknown> {
  const [first] = boxes;
  if (first === undefined) throw new Error("there are no boxes");
  const numberOf = (box: SiteDevice): number => Number(box.id.slice("vav-".length));
  const base = first.options.instance - numberOf(first);
  const bare = (box: SiteDevice): string => JSON.stringify({ ...restOf(box), instance: box.options.instance - numberOf(box) });
  if (boxes.some((box) => bare(box) !== bare(first))) throw new Error("the boxes are not alike");
  return {
    id: "vav-{n}",
    each: { n: `${numberOf(first)}..${numberOf(boxes.at(-1)!)}` },
    title: "VAV box of zone {n}",
    ...restOf(first),
    instance: `{n+${base}}`,
  };
}

function restOf({ area, options, points }: SiteDevice): Record<string, unknown> {
  return { area, ...options, points: points.map(pointOf) };
}

function pointOf({ id, title, address, kind, unit, range, writable }: SiteDevice["points"][number]): Record<string, unknown> {
  return {
    id: shownName(id),
    title,
    address,
    ...(kind !== "number" && { kind }),
    ...(unit !== undefined && { unit }),
    ...(range && { range }),
    // The fan stays on or off for five seconds once it has turned, whatever it is told.
    ...(writable && { control: { evidence: { within: id === "ahu-1/run" ? "15s" : "5s" } } }),
  };
}
