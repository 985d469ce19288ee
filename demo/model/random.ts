/** A stream of chance that is the same for the same seed and name, whatever else the plant does. */
export interface Random {
  /** In [0, 1). */
  uniform(): number;
  /** Mean 0, standard deviation 1. */
  gauss(): number;
}

/**
 * Every sensor asks for a stream of its own by name, so that adding a sensor changes no other sensor's noise.
 * The generator is sfc32: small, fast and good enough for noise.
 */
export function seededRandom(seed: number, stream: string): Random {
  let a = seed >>> 0;
  let b = hashOf(stream);
  let c = 0x9e3779b9;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  // The first outputs still show the seed; twelve rounds mix it away.
  for (let round = 0; round < 12; round++) next();
  const uniform = (): number => next() / 0x1_0000_0000;
  let spare: number | null = null;
  const gauss = (): number => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, gauss };
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
