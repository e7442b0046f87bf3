/**
 * What every Porthole service does alike to be measured: Prometheus's text, by prom-client, and the
 * figures of its own process.
 *
 * @module
 */
export * from "./metrics_registry.ts";
export * from "./process_metrics.ts";
