/** One mebibyte: with a million ids in it one new id in fifty is looked up in vain, and none that was used is missed. */
const bits = 1 << 23;
const probes = 4;

/**
 * A sieve (Bloom filter) over the ids of all commands on record, shared by the desk and the record's thread. Nearly every
 * command brings an id that was never used; to learn that from the file costs more than all gates together.
 */
export class KnownIds {
  readonly memory: SharedArrayBuffer;
  readonly #words: Uint32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(bits / 8)) {
    this.memory = memory;
    this.#words = new Uint32Array(memory);
  }

  add(id: string): void {
    const [first, step] = hashesOf(id);
    for (let n = 0, at = first; n < probes; n++, at += step) {
      const bit = at & (bits - 1);
      this.#words[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  /** False: was never used. True: look. */
  mayHave(id: string): boolean {
    const [first, step] = hashesOf(id);
    for (let n = 0, at = first; n < probes; n++, at += step) {
      const bit = at & (bits - 1);
      if ((this.#words[bit >>> 5]! & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }
}

/** Two hashes (FNV-1a and one like it) from which the probes are spread. */
function hashesOf(id: string): readonly [number, number] {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let i = 0; i < id.length; i++) {
    const code = id.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995);
  }
  a ^= a >>> 15;
  b ^= b >>> 13;
  return [a >>> 0, (b | 1) >>> 0];
}
