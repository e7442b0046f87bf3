import process from "node:process";
import type { MetricsRegistry } from "./metrics_registry.ts";

const LOOK_EVERY_MS = 100;
const LAG_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/**
 * Adds what every service tells of its own process, by the names that Prometheus's clients have
 * agreed on, and how late its timers are: whatever keeps the one thread busy keeps all frames waiting.
 * Dispose of it to stop looking.
 */
export function addProcessMetrics(registry: MetricsRegistry): Disposable {
  // Several threads tell of the same process.
  registry.addCounter({
    name: "process_cpu_seconds_total",
    help: "CPU time that the process has taken, user and system, seconds.",
    across: "max",
    read: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  registry.addGauge({
    name: "process_resident_memory_bytes",
    help: "Memory that the process holds.",
    across: "max",
    read: () => Deno.memoryUsage().rss,
  });
  registry.addGauge({
    name: "process_start_time_seconds",
    help: "When the process was started, seconds since the epoch.",
    across: "min",
    read: () => performance.timeOrigin / 1000,
  });
  registry.addGauge({
    name: "porthole_heap_used_bytes",
    help: "Memory that JavaScript values take, all threads together.",
    read: () => Deno.memoryUsage().heapUsed,
  });
  const lag = registry.addHistogram({
    name: "porthole_event_loop_lag_seconds",
    help: "How much later than asked for a timer fires, ten times a second.",
    buckets: LAG_BUCKETS_S,
  });
  let dueMs = performance.now() + LOOK_EVERY_MS;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    lag.observe(Math.max(0, nowMs - dueMs) / 1000);
    dueMs = nowMs + LOOK_EVERY_MS;
  }, LOOK_EVERY_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
