import { INVALID_SPAN_CONTEXT, type Span, SpanStatusCode, trace } from "@opentelemetry/api";

/** A span that was begun. */
export interface RecordedSpan {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** What it failed of; `undefined` while it has not. */
  readonly failure: string | undefined;
  /** How often it was ended, which is to be once. */
  readonly ends: number;
}

/** All spans that this thread begins from now on, until it is disposed of. */
export function recordSpans(): { readonly spans: readonly RecordedSpan[] } & Disposable {
  const spans: RecordedSpan[] = [];
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan(name, { attributes = {} } = {}) {
        const recorded = { name, attributes: { ...attributes }, failure: undefined, ends: 0 };
        spans.push(recorded);
        return recording(recorded);
      },
      startActiveSpan() {
        throw new Error("no service has active spans");
      },
    }),
  });
  return { spans, [Symbol.dispose]: () => trace.disable() };
}

function recording(
  recorded: { attributes: object; failure: string | undefined; ends: number },
): Span {
  const span = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  span.setAttributes = (attributes) => {
    Object.assign(recorded.attributes, attributes);
    return span;
  };
  span.setStatus = ({ code, message }) => {
    if (code === SpanStatusCode.ERROR) recorded.failure = message;
    return span;
  };
  span.end = () => void recorded.ends++;
  return span;
}
