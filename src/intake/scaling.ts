import type { Point } from "#msgs/point.ts";

type Scale = NonNullable<Point["binding"]["scale"]>;

/** More decimals than this in a raw value, a gain or an offset are not decimals somebody wrote. */
const decimalsAtMost = 11;
const powers = Array.from({ length: 2 * decimalsAtMost + 1 }, (_, places) => Number(`1e${places}`));
/** Below this a double still holds whole numbers with bits to spare for the error of the product. */
const exactBelow = 2 ** 50;

/**
 * The raw value times gain plus offset, as a person calculates it: 253.8 × 0.1 is 25.38 and not 25.380000000000003. As many
 * decimals as raw and gain have together can be true, so the binary error behind them is rounded away. Where a factor is no
 * short decimal (1/3, a 32-bit float), there is nothing to round to.
 */
export function scaled(raw: number, { gain, offset }: Scale): number {
  const plain = raw * gain + offset;
  const ofRaw = decimalsOf(raw);
  const ofGain = decimalsOf(gain);
  const ofOffset = offset === 0 ? 0 : decimalsOf(offset);
  if (ofRaw < 0 || ofGain < 0 || ofOffset < 0) return plain;
  const power = powers[Math.max(ofRaw + ofGain, ofOffset)]!;
  if (power === 1 || (Math.abs(raw * gain) + Math.abs(offset)) * power >= exactBelow) return plain;
  return Math.round(plain * power) / power;
}

/** The raw value that is shown as this one: the shortest that is, so that what was read can be written back to the bit. */
export function unscaled(value: number, scale: Scale): number {
  const plain = (value - scale.offset) / scale.gain;
  for (const power of powers) {
    if (Math.abs(plain) * power >= exactBelow) break;
    const raw = Math.round(plain * power) / power;
    if (scaled(raw, scale) === value) return raw;
  }
  return plain;
}

/** How many decimals the number has as it is written; -1 when there are too many. */
function decimalsOf(number: number): number {
  for (let places = 0; places <= decimalsAtMost; places++) {
    const power = powers[places]!;
    if (Math.round(number * power) / power === number) return places;
  }
  return -1;
}
