/** A span as it arrives. */
export interface ReceivedSpan {
  readonly name: string;
  /** Of OTLP: 2 for a server's, 3 for a client's. */
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Ids of the spans that it is linked to. */
  readonly links: readonly string[];
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Takes what a program sends by OTLP over HTTP, as JSON. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = [];
  /** Names of metrics. */
  readonly metrics = new Set<string>();
  /** All bodies, as they came. */
  text = "";
  readonly #server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => this.#take(request));

  /** What makes a program send here. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
    };
  }

  /** Spans of a name. */
  named(name: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  async #take(request: Request): Promise<Response> {
    const body = await request.text();
    this.text += body;
    const { resourceSpans = [], resourceMetrics = [] } = JSON.parse(body);
    for (const { scopeSpans } of resourceSpans) {
      for (const { spans } of scopeSpans) {
        for (const { name, kind, traceId, spanId, parentSpanId, attributes, links } of spans) {
          const pairs = (attributes as Attribute[]).map(({ key, value }) => [key, Object.values(value)[0]] as const);
          this.spans.push({
            name,
            kind,
            traceId,
            spanId,
            parentSpanId,
            attributes: Object.fromEntries(pairs),
            links: links.map((link: { spanId: string }) => link.spanId),
          });
        }
      }
    }
    for (const { scopeMetrics } of resourceMetrics) {
      for (const { metrics } of scopeMetrics) for (const { name } of metrics) this.metrics.add(name);
    }
    return Response.json({});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
