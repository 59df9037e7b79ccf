import { type Context, context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { untraced } from "../../images/untraced.ts";
import type { ListenerHandlers } from "../listener.ts";
import { operationOf } from "../request_observer.ts";
import { tracer } from "./tracer.ts";
import { parseTraceparent } from "./traceparent.ts";

/** Handlers each of whose answers is a span, below that of the request's `traceparent`. */
export function traced(handlers: ListenerHandlers): ListenerHandlers {
  return {
    prepare: untraced,
    upgrade: (request, upgrade, client) =>
      context.with(parentOf(request), () => handlers.upgrade(request, upgrade, client)),
    async request(request, holdings, client) {
      const { method, url } = request;
      const path = new URL(url).pathname;
      const attributes = { "http.request.method": method, "url.path": path };
      const span = tracer().startSpan(method, { kind: SpanKind.SERVER, attributes }, parentOf(request));
      try {
        const response = await context.with(
          trace.setSpan(ROOT_CONTEXT, span),
          () => handlers.request(request, holdings, client),
        );
        span.updateName(`${method} ${operationOf(request, path)}`);
        span.setAttribute("http.response.status_code", response.status);
        if (response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return response;
      } finally {
        span.end();
      }
    },
  };
}

function parentOf(request: Request): Context {
  const parent = parseTraceparent(request.headers.get("traceparent"));
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}
