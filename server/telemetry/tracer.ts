import { ProxyTracerProvider, trace, type Tracer } from "@opentelemetry/api";

/** Whether Deno sends traces and metrics to anybody, as it does with `OTEL_DENO=true`. */
export function isTelling(): boolean {
  return !(trace.getTracerProvider() instanceof ProxyTracerProvider);
}

/** Makes the spans of this program. */
export function tracer(): Tracer {
  return trace.getTracer("gramcast");
}
