import { describe, expect, it } from "vitest";
import { isTest, sourceFiles, textOf } from "./tree.ts";

const fileAtMost = 350;
const functionAtMost = 70;

describe("sizes", () => {
  it(`no file is longer than ${fileAtMost} lines`, () => {
    const long = sourceFiles()
      .filter((file) => !isTest(file))
      .map((file) => ({ file, lines: textOf(file).split("\n").length }))
      .filter(({ lines }) => lines > fileAtMost);
    expect(long).toEqual([]);
  });

  it(`a function fits on a screen: none is longer than ${functionAtMost} lines`, () => {
    const long = sourceFiles()
      .filter((file) => !isTest(file) && !/^(demo|bench|dashboard|test)\//.test(file) && file.endsWith(".ts"))
      .flatMap((file) => longFunctions(file));
    expect(long).toEqual([]);
  });

  it("file names are lower-case with hyphens", () => {
    const odd = sourceFiles().filter((file) => !/^[a-z0-9./-]+$/.test(file.replaceAll("_", "-")));
    expect(odd).toEqual([]);
  });

  it("nothing is called utils, helpers, common or manager", () => {
    expect(sourceFiles().filter((file) => /(^|[/-])(utils?|helpers?|common|managers?)[./-]/.test(file))).toEqual([]);
  });

  it("nothing is exported as default outside tool configuration", () => {
    const wrong = sourceFiles().filter((file) => !/^[^/]+\.ts$|^dashboard\/[^/]+\.ts$/.test(file) && /^export default/m.test(textOf(file)));
    expect(wrong).toEqual([]);
  });
});

/**
 * Functions and methods by their indentation: the formatter guarantees that a body ends at the indentation it began with.
 * What a function declares inside it is counted for itself, not for the function around it.
 */
function longFunctions(file: string): string[] {
  const lines = textOf(file).split("\n");
  const spans = lines.flatMap((line, begin) => {
    const head = /^( *)(?:export )?(?:async )?(?:function\b.*|(?:static |readonly )?#?[a-zA-Z]+\(.*|(?:get|set) .*)\{$/.exec(line);
    if (!head || /^\s*(if|for|while|switch|catch|describe|it)\b/.test(line)) return [];
    const end = lines.findIndex((other, index) => index > begin && /^( *)\}/.exec(other)?.[1] === head[1]);
    return [{ begin, end, indent: head[1]!.length }];
  });
  return spans.flatMap(({ begin, end, indent }) => {
    const inside = spans.filter((other) => other.indent === indent + 2 && other.begin > begin && other.end < end);
    const own = end - begin - inside.reduce((sum, other) => sum + other.end - other.begin, 0);
    return own > functionAtMost ? [`${file}:${begin + 1} is ${own} lines`] : [];
  });
}
