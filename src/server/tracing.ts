import type { Span } from "@opentelemetry/api";

/** Runs one act; whoever traces this process sees it as a span, with the code when it was refused. */
export type Traced = <T>(name: string, run: () => T, refused: (answer: T) => string | undefined) => T;

/** The name under which an OpenTelemetry SDK makes itself known to every copy of its API, version 1, in the process. */
const registered = Symbol.for("opentelemetry.js.api.1");

/**
 * An SDK is started before the gateway (`node --import`). Without one there is nobody to tell, and the API, a hundred files, is
 * not loaded.
 */
export async function openTracing(): Promise<Traced> {
  if (!(registered in globalThis)) return (_name, run) => run();
  const { SpanStatusCode, trace } = await import("@opentelemetry/api");
  const tracer = trace.getTracer("plainview.server");
  return (name, run, refused) =>
    tracer.startActiveSpan(name, (span: Span) => {
      try {
        const answer = run();
        const code = refused(answer);
        if (code !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: code });
        return answer;
      } finally {
        span.end();
      }
    });
}
