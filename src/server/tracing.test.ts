import { trace, type Span, type Tracer } from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { openTracing } from "./tracing.ts";

afterEach(() => trace.disable());

describe("tracing", () => {
  it("without an SDK an act is only run", async () => {
    const traced = await openTracing();
    expect(traced("command point.write", () => 7, () => "refused")).toBe(7); // prettier-ignore
  });

  it("an SDK that was started before sees each act, and why it was refused", async () => {
    const told: unknown[] = [];
    const span = { setStatus: (status: unknown) => told.push(status), end: () => told.push("end") } as unknown as Span;
    const tracer = {
      startActiveSpan: (name: string, run: (span: Span) => unknown) => (told.push(name), run(span)),
    } as unknown as Tracer;
    trace.setGlobalTracerProvider({ getTracer: () => tracer });
    const traced = await openTracing();
    expect(traced("command point.write", () => "no", (answer) => answer)).toBe("no"); // prettier-ignore
    expect(told).toEqual(["command point.write", { code: 2, message: "no" }, "end"]);
    expect(() => traced("command point.write", () => { throw new Error("ours"); }, () => undefined)).toThrow("ours"); // prettier-ignore
    expect(told.at(-1)).toBe("end");
  });
});
