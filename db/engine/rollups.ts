/** The rollups and how each is made of the one below; the same columns and the same arithmetic on both engines. */
export interface Rollup {
  readonly name: "samples_1m" | "samples_1h" | "samples_1d";
  readonly of: "samples" | "samples_1m" | "samples_1h";
  readonly bucketUs: number;
}

/**
 * A day made of whole hours is wrong where the clock is half an hour off; there a day is made of minutes. Zones change their
 * minds over the years, so the ends of several are looked at.
 */
export function rollupsFor(timeZone: string): readonly Rollup[] {
  return [
    { name: "samples_1m", of: "samples", bucketUs: 60e6 },
    { name: "samples_1h", of: "samples_1m", bucketUs: 3_600e6 },
    { name: "samples_1d", of: isWholeHours(timeZone) ? "samples_1h" : "samples_1m", bucketUs: 86_400e6 },
  ];
}

export const rollupColumns = "point_key, time, rows, count, sum, min, max, last, last_time, quality";

/** Bad values count as rows and give the worst quality; they never move a mean. */
const usable = "FILTER (WHERE quality < 128 AND value IS NOT NULL)";

/** What the engines say differently. */
export interface Dialect {
  /** Start of the bucket a row falls into. */
  bucket(rollup: Rollup): string;
  /** The value at the newest time, of the rows that pass the filter. */
  last(value: string, time: string, filter: string): string;
}

/** The grouped query of one rollup. */
export function rollupQuery(rollup: Rollup, dialect: Dialect, where = ""): string {
  const bucket = dialect.bucket(rollup);
  const head = `SELECT point_key, ${bucket} AS time`;
  const tail = `FROM ${rollup.of} ${where} GROUP BY point_key, 2`;
  if (rollup.of === "samples") {
    return `${head}, count(*) AS rows, count(value) ${usable} AS count, sum(value) ${usable} AS sum, min(value) ${usable} AS min,
      max(value) ${usable} AS max, ${dialect.last("value", "time", usable)} AS last,
      max(time) ${usable} AS last_time, max(quality) AS quality ${tail}`;
  }
  return `${head}, sum(rows)::bigint AS rows, sum(count)::bigint AS count, sum(sum) AS sum, min(min) AS min, max(max) AS max,
    ${dialect.last("last", "last_time", "FILTER (WHERE last_time IS NOT NULL)")} AS last,
    max(last_time) AS last_time, max(quality) AS quality ${tail}`;
}

function isWholeHours(timeZone: string): boolean {
  const format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  for (let year = 1990; year <= 2040; year++) {
    for (const month of [0, 6]) {
      const offset = format.formatToParts(Date.UTC(year, month, 1)).find((part) => part.type === "timeZoneName")?.value ?? "GMT";
      if (!/^GMT([+-]\d{2}:00)?$/.test(offset)) return false;
    }
  }
  return true;
}
