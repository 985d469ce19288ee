/**
 * A whole number beside each point, found by the point's key. Keys are given one after the other, so this is an array and not a
 * map: four bytes a point and nothing to collect. 0 stands for "none", as it does among keys. A key far from all others, which only
 * a damaged entry names, costs one page.
 */
export class KeyColumn {
  readonly #pages: (Int32Array | undefined)[] = [];

  get(key: number): number {
    return this.#pages[key >>> pageBits]?.[key & lastOfPage] ?? 0;
  }

  set(key: number, value: number): void {
    const page = (this.#pages[key >>> pageBits] ??= new Int32Array(lastOfPage + 1));
    page[key & lastOfPage] = value;
  }
}

const pageBits = 12;
const lastOfPage = (1 << pageBits) - 1;
