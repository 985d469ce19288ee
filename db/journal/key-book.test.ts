import { expect, it } from "vitest";
import { KeyBook } from "./key-book.ts";

const named = (...ids: string[]) => ids.map((id) => ({ id }));

it("a point keeps the key it ever had, also when it was gone in between, and a new one gets the next", () => {
  const book = new KeyBook(new Map([["gone", 7]]));
  const first = book.keyed(named("a", "b"));
  expect(first.map(({ key }) => key)).toEqual([8, 9]);
  expect(book.learn(first)).toEqual([
    ["a", 8],
    ["b", 9],
  ]);
  expect(book.learn(book.keyed(named("b")))).toEqual([]);
  expect(book.keyed(named("c", "gone", "a")).map(({ key }) => key)).toEqual([10, 7, 8]);
});

it("no key is 0, and a key that was only asked for is not given", () => {
  const book = new KeyBook(new Map());
  expect(book.keyed(named("a"))).toEqual([{ id: "a", key: 1 }]);
  expect(book.keyed(named("b"))).toEqual([{ id: "b", key: 1 }]);
});

it("refuses a second key for a point, and a key for a second point, in one description or in two", () => {
  const book = new KeyBook(new Map([["a", 1]]));
  expect(() => book.learn([{ id: "a", key: 2 }])).toThrow("a has 1, 2 is of nobody");
  expect(() => book.learn([{ id: "b", key: 1 }])).toThrow("b has none, 1 is of a");
  expect(() => book.learn([{ id: "c", key: 3 }, { id: "d", key: 3 }])).toThrow("d has none, 3 is of c"); // prettier-ignore
  expect(() => book.learn([{ id: "e", key: 4 }, { id: "e", key: 5 }])).toThrow("e has 4, 5 is of nobody"); // prettier-ignore
});
