import { type Attributes, type Span, SpanStatusCode, trace } from "@opentelemetry/api";

/** Something that has begun and takes its time. */
export interface OpenSpan {
  /** It came to what it was begun for. The first end counts, this one or the other. */
  end(attributes?: Attributes): void;
  /** It did not, and why. */
  fail(cause: string, attributes?: Attributes): void;
}

/**
 * Begins a span of OpenTelemetry. Deno exports it where `OTEL_DENO=true` says so; where nothing does
 * it costs next to nothing. Not for what happens with each frame.
 */
export function startSpan(name: string, attributes: Attributes): OpenSpan {
  return new TracedSpan(trace.getTracer("porthole").startSpan(name, { attributes }));
}

class TracedSpan implements OpenSpan {
  readonly #span: Span;
  #hasEnded = false;

  constructor(span: Span) {
    this.#span = span;
  }

  end(attributes: Attributes = {}): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#span.setAttributes(attributes).end();
  }

  fail(cause: string, attributes: Attributes = {}): void {
    if (this.#hasEnded) return;
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: cause });
    this.end(attributes);
  }
}
