/** The line between two tanks at one instant. Heads in metres of water, resistances in metres per (m³/s)². */
export interface Line {
  /** Head at the inlet: level of the first tank plus what the pumps add at no flow. */
  inletHead: number;
  /** Everything that resists between the inlet and the place of the leak. */
  upstreamResistance: number;
  /** Everything that resists between the leak and the second tank. */
  downstreamResistance: number;
  /** Height of the second tank's inlet. */
  lift: number;
  /** (m³/s) per square root of a metre; 0 when the pipe is sound. */
  leakConductance: number;
}

/** Flows in m³/s; inflow is exactly outflow plus leak, because water does not vanish. */
export interface LineFlow {
  inflow: number;
  outflow: number;
  leak: number;
  /** Head at the place of the leak, in metres. */
  leakHead: number;
}

/**
 * Water is taken as incompressible and the line as always in balance; the lags of the plant come from valves, drives and
 * instruments. Check valves keep it from running backwards. One unknown is left, the head at the leak: what comes in
 * falls with it and what goes out rises with it, so halving the interval always finds it.
 */
export function solveLine(line: Line): LineFlow {
  const arriving = (head: number): number => Math.sqrt(Math.max(0, line.inletHead - head) / line.upstreamResistance);
  const leaving = (head: number): number => Math.sqrt(Math.max(0, head - line.lift) / line.downstreamResistance);
  const leaking = (head: number): number => line.leakConductance * Math.sqrt(Math.max(0, head));
  // A sound line whose pumps cannot lift the water stands still, full, at the height of the second tank.
  if (line.inletHead <= line.lift && line.leakConductance === 0) {
    return { inflow: 0, outflow: 0, leak: 0, leakHead: line.lift };
  }
  let low = 0;
  let high = Math.max(line.inletHead, 0);
  for (let round = 0; round < 48; round++) {
    const middle = (low + high) / 2;
    if (arriving(middle) > leaving(middle) + leaking(middle)) low = middle;
    else high = middle;
  }
  const leakHead = (low + high) / 2;
  const outflow = leaving(leakHead);
  const leak = leaking(leakHead);
  return { inflow: outflow + leak, outflow, leak, leakHead };
}
