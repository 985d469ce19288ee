/** Every bound of a participant. What happens at each is said beside it; all of them are counted in `health()`. */
export interface Limits {
  /** Remote participants that have answered us. Further ones are not taken in. */
  readonly participants: number;
  /** Remote participants that have only announced themselves. A further one pushes out the oldest. */
  readonly announcedParticipants: number;
  /** Endpoints of one remote participant. Further ones are ignored. */
  readonly endpointsPerParticipant: number;
  /** Endpoints of all remote participants together. Further ones are ignored. */
  readonly endpoints: number;
  /** Bytes held for samples that are incomplete or out of order, over all readers. Beyond it fragments are refused and asked for again later. */
  readonly reassemblyBytes: number;
  /** The largest sample taken in or written. A larger one is reported lost; writing one throws. */
  readonly sampleBytes: number;
  /** Samples held out of order for one writer. Further ones are dropped and asked for again. */
  readonly outOfOrderSamples: number;
  /** Bytes of history one writer keeps. Keep-last drops the oldest, keep-all refuses the write. */
  readonly historyBytes: number;
  /** Bytes of fragments waiting to be sent. Beyond it a fragmented sample is left to repair (reliable) or dropped (best effort). */
  readonly outboundBytes: number;
  /** Service calls of one client waiting for an answer. A further call is refused. */
  readonly pendingCalls: number;
}

export const defaultLimits: Limits = {
  participants: 256,
  announcedParticipants: 64,
  endpointsPerParticipant: 2048,
  endpoints: 16_384,
  reassemblyBytes: 64 << 20,
  sampleBytes: 16 << 20,
  outOfOrderSamples: 20_000,
  historyBytes: 128 << 20,
  outboundBytes: 64 << 20,
  pendingCalls: 1024,
};
