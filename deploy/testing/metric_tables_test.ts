import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TestApp } from "../../ingest/testing/test_app.ts";
import { ProducerMetrics } from "../../producer/metrics.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const METRIC_ROW = /^\| (`(?:porthole|process)_[^|]+)\| +([^|]*)\|/gm;

async function metricsTold(folder: string): Promise<readonly string[]> {
  const text = await Deno.readTextFile(`${ROOT}${folder}/README.md`);
  return [...text.matchAll(METRIC_ROW)]
    .flatMap(([, names = ""]) => names.match(/\w+/g) ?? []).toSorted();
}

function metricsIn(exposition: string): readonly string[] {
  return [...exposition.matchAll(/^# TYPE (\w+)/gm)].map(([, name = ""]) => name).toSorted();
}

Deno.test("ingest's README has each of its metrics, and no others", async () => {
  using app = new TestApp();
  const response = await app.fetch("/metrics", { headers: { accept: "text/plain" } });
  assert.deepEqual(await metricsTold("ingest"), metricsIn(await response.text()));
});

Deno.test("the producer's README has each of its metrics, and no others", async () => {
  using metrics = new ProducerMetrics();
  assert.deepEqual(await metricsTold("producer"), metricsIn(await metrics.exposition()));
});
