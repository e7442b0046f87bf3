import {
  type Aggregator,
  AggregatorRegistry,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";

/** What one thread tells, as plain data: it can be posted to another one. */
export type MetricParts = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A figure that is kept elsewhere as a plain number and looked at when somebody asks. */
export interface Figure {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** What is made of the figures of several threads; `sum` by default. */
  readonly across?: Aggregator;
  readonly read: () => number | Iterable<Sample>;
}

export interface HistogramFigure {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Upper bounds, in the name's unit. */
  readonly buckets: readonly number[];
}

/** Prometheus text exposition format 0.0.4 */
export const EXPOSITION_TYPE: string = Registry.PROMETHEUS_CONTENT_TYPE;

/**
 * What one thread of a service has to tell. Counters and gauges cost nothing until somebody asks: who
 * counts adds to a number of its own.
 */
export class MetricsRegistry {
  readonly #registry = new Registry();

  addCounter({ name, help, labelNames = [], across = "sum", read }: Figure): void {
    new Counter({
      ...{ name, help, labelNames, aggregator: across, registers: [this.#registry] },
      collect() {
        this.reset();
        for (const { labels, value } of samplesOf(read())) this.inc(labels, value);
      },
    });
  }

  addGauge({ name, help, labelNames = [], across = "sum", read }: Figure): void {
    new Gauge({
      ...{ name, help, labelNames, aggregator: across, registers: [this.#registry] },
      collect() {
        this.reset();
        for (const { labels, value } of samplesOf(read())) this.set(labels, value);
      },
    });
  }

  /** Observing takes a quarter of a microsecond. */
  addHistogram({ name, help, labelNames = [], buckets }: HistogramFigure): Histogram<string> {
    const registers = [this.#registry];
    return new Histogram({ name, help, labelNames, buckets: [...buckets], registers });
  }

  parts(): Promise<MetricParts> {
    return this.#registry.getMetricsAsJSON();
  }
}

/** The text of what all threads of a service tell together. */
export function expositionOf(parts: readonly MetricParts[]): Promise<string> {
  return AggregatorRegistry.aggregate([...parts]).metrics();
}

function samplesOf(reading: number | Iterable<Sample>): Iterable<Sample> {
  return typeof reading === "number" ? [{ labels: {}, value: reading }] : reading;
}
