/** One line of the table: a figure, the peer or limit it was measured beside in the same run, and the bar it should reach. */
export interface BenchRow {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** Ours against the peer; how it is to be read stands in `bar`. */
  readonly ratio: number | undefined;
  readonly bar?: string;
}

export interface Bench {
  readonly name: string;
  rows(): Promise<readonly BenchRow[]>;
}
