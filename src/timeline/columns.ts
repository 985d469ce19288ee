/** The next size for a column that must hold `atLeast` entries: doubling, so that growing costs little on average. */
export function grown(size: number, atLeast: number): number {
  let next = Math.max(size, 256);
  while (next < atLeast) next *= 2;
  return next;
}

export function widenedFloats(column: Float64Array, atLeast: number, fill = 0): Float64Array {
  const wide = new Float64Array(grown(column.length, atLeast)).fill(fill);
  wide.set(column);
  return wide;
}

export function widenedBytes(column: Uint8Array, atLeast: number): Uint8Array {
  const wide = new Uint8Array(grown(column.length, atLeast));
  wide.set(column);
  return wide;
}
