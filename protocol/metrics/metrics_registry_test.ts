import assert from "node:assert/strict";
import { expositionOf, MetricsRegistry } from "./metrics_registry.ts";
import { addProcessMetrics } from "./process_metrics.ts";

function threadOf(frames: number, workers: number, ageS: number): MetricsRegistry {
  const registry = new MetricsRegistry();
  const read = () => frames;
  registry.addCounter({ name: "porthole_frames_total", help: "Frames.", read });
  const samples = [{ labels: { stream: "door" }, value: workers }];
  registry.addGauge({
    ...{ name: "porthole_live", help: "Live.", labelNames: ["stream"], across: "max" },
    read: () => samples,
  });
  registry.addHistogram({ name: "porthole_age_seconds", help: "Age.", buckets: [0.1, 1] })
    .observe(ageS);
  return registry;
}

Deno.test("figures are read when they are asked for, and those of threads put together", async () => {
  const parts = await Promise.all(
    [threadOf(2, 1, 0.05), threadOf(3, 1, 0.5)].map((t) => t.parts()),
  );
  const text = await expositionOf(structuredClone(parts));
  assert.match(text, /^porthole_frames_total 5$/m);
  assert.match(text, /^porthole_live\{stream="door"\} 1$/m);
  assert.match(text, /^porthole_age_seconds_bucket\{le="0\.1"\} 1$/m);
  assert.match(text, /^porthole_age_seconds_bucket\{le="\+Inf"\} 2$/m);
  assert.match(text, /^porthole_age_seconds_sum 0\.55$/m);
  assert.ok(text.endsWith("\n"));
});

Deno.test("what is not there any more is not told any more", async () => {
  const registry = new MetricsRegistry();
  let streams = ["a", "b"];
  registry.addCounter({
    ...{ name: "porthole_frames_total", help: "Frames.", labelNames: ["stream"] },
    read: () => streams.map((stream) => ({ labels: { stream }, value: 0 })),
  });
  const told = async () =>
    (await expositionOf([await registry.parts()])).match(/(?<=stream=")\w(?="\} 0$)/gm);
  assert.deepEqual(await told(), ["a", "b"], "from zero on");
  streams = ["b"];
  assert.deepEqual(await told(), ["b"]);
});

Deno.test("of a process there is one, however many of its threads tell of it", async () => {
  const registry = new MetricsRegistry();
  using _looking = addProcessMetrics(registry);
  const parts = await registry.parts();
  const valueOf = (text: string, name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
  const [one, two] = [await expositionOf([parts]), await expositionOf([parts, parts])];
  for (
    const name of [
      "process_cpu_seconds_total",
      "process_resident_memory_bytes",
      "process_start_time_seconds",
    ]
  ) {
    assert.ok(valueOf(one, name) > 0, name);
    assert.equal(valueOf(two, name), valueOf(one, name), name);
  }
  assert.equal(
    valueOf(two, "porthole_heap_used_bytes"),
    2 * valueOf(one, "porthole_heap_used_bytes"),
  );
});

Deno.test("a thread that is kept busy is seen to be", async () => {
  const registry = new MetricsRegistry();
  using _looking = addProcessMetrics(registry);
  const busyUntilMs = performance.now() + 300;
  while (performance.now() < busyUntilMs);
  await new Promise((resolve) => setTimeout(resolve, 1));
  const text = await expositionOf([await registry.parts()]);
  const [, count] = /^porthole_event_loop_lag_seconds_count (\d+)$/m.exec(text) ?? [];
  const [, quick] = /^porthole_event_loop_lag_seconds_bucket\{le="0\.1"\} (\d+)$/m.exec(text) ?? [];
  assert.ok(Number(count) - Number(quick) >= 1, text);
});
