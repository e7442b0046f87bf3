/** A span as it comes by OTLP: opentelemetry-proto, trace.proto, in JSON. */
export interface CollectedSpan {
  readonly name: string;
  /** 0 unset, 1 ok, 2 error */
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly durationMs: number;
}

interface WireSpan {
  readonly name: string;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
}

interface WireBatch {
  readonly resourceSpans?: readonly {
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly WireSpan[];
    }[];
  }[];
}

const SCOPE = "porthole";

/** What an OpenTelemetry collector takes in by HTTP, of Porthole's own spans, until disposed of. */
export class TraceCollector implements AsyncDisposable {
  readonly spans: CollectedSpan[] = [];
  /** All that came, as it came. */
  received = "";
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const text = await request.text();
        this.received += text;
        if (new URL(request.url).pathname === "/v1/traces") this.#take(JSON.parse(text));
        return Response.json({});
      },
    );
  }

  /** What makes a service send its spans here; the rest of what Deno could tell is left out. */
  get env(): Readonly<Record<string, string>> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_BSP_SCHEDULE_DELAY: "100",
      OTEL_DENO_CONSOLE: "ignore",
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  #take({ resourceSpans = [] }: WireBatch): void {
    for (const { scope, spans } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)) {
      if (scope.name === SCOPE) this.spans.push(...spans.map(collected));
    }
  }
}

function collected(span: WireSpan): CollectedSpan {
  const { name, status = {}, attributes = [], startTimeUnixNano, endTimeUnixNano } = span;
  return {
    name,
    status,
    attributes: Object.fromEntries(
      attributes.map(({ key, value }) => [key, Object.values(value)[0]]),
    ),
    durationMs: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6,
  };
}
