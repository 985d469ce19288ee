/**
 * One byte, and worse is larger, so that max() over a time bucket is the worst quality in it.
 * 0 to 63 good, 64 to 127 uncertain, 128 and above bad.
 */
export type Quality = number;

export const quality = {
  good: 0,
  /** Good, but somebody forces the value at the device. */
  goodForced: 1,
  uncertain: 64,
  /** Nothing new within the time in which this point should have spoken. */
  uncertainStale: 65,
  /** Outside the range the point declares. */
  uncertainRange: 66,
  /** The value stands; when it was true is doubtful (device clock off, our own clock not trusted). */
  uncertainTime: 67,
  bad: 128,
  /** The link or the device behind it cannot be reached. */
  badLink: 129,
  /** The device answers and says that the value is not to be used. */
  badDevice: 130,
  /** The device refuses this address, or what comes back cannot be read as configured. */
  badConfig: 131,
  /** Nothing was ever heard. */
  badNoValue: 132,
} as const;

export function isGood(value: Quality): boolean {
  return value < 64;
}

export function isUncertain(value: Quality): boolean {
  return value >= 64 && value < 128;
}

export function isBad(value: Quality): boolean {
  return value >= 128;
}

const words = new Map<Quality, string>(
  Object.entries(quality).map(([name, value]) => [value, name.replace(/([A-Z])/g, " $1").toLowerCase()]),
);

/** What a person reads: "good", "uncertain stale", "bad link"; an unlisted byte falls back to its class. */
export function qualityWord(value: Quality): string {
  return words.get(value) ?? (isGood(value) ? "good" : isUncertain(value) ? "uncertain" : "bad");
}
