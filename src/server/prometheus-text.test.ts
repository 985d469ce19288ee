import { describe, expect, it } from "vitest";
import { textOf } from "./prometheus-text.ts";

describe("the text for Prometheus", () => {
  it("has a line of help and type for each metric, and one for each sample", () => {
    const samples = [{ value: 2, labels: { link: "a", end: "done" } }, { value: 0.5 }];
    expect(textOf([{ name: "x_total", help: "What is counted", type: "counter", samples }])).toBe(
      '# HELP x_total What is counted\n# TYPE x_total counter\nx_total{link="a",end="done"} 2\nx_total 0.5\n',
    );
  });

  it("names of devices and points cannot break a line or end a label", () => {
    const samples = [{ value: 1, labels: { device: 'a "b" \\ c\nd' } }];
    expect(textOf([{ name: "x", help: "one\\two\nthree", type: "gauge", samples }])).toBe(
      '# HELP x one\\\\two\\nthree\n# TYPE x gauge\nx{device="a \\"b\\" \\\\ c\\nd"} 1\n',
    );
  });

  it("writes what is no number and what has no end as the format asks", () => {
    const samples = [NaN, Infinity, -Infinity, 1e21, 1.5e-9].map((value) => ({ value }));
    expect(
      textOf([{ name: "x", help: "h", type: "gauge", samples }])
        .split("\n")
        .slice(2, -1),
    ).toEqual(["x NaN", "x +Inf", "x -Inf", "x 1e+21", "x 1.5e-9"]);
  });

  it("a histogram says its buckets, its sum and how many", () => {
    const samples = [
      { suffix: "_bucket", labels: { le: "+Inf" }, value: 3 },
      { suffix: "_sum", value: 0.7 },
      { suffix: "_count", value: 3 },
    ];
    expect(textOf([{ name: "x_seconds", help: "h", type: "histogram", samples }])).toContain(
      'x_seconds_bucket{le="+Inf"} 3\nx_seconds_sum 0.7\nx_seconds_count 3\n',
    );
  });
});
