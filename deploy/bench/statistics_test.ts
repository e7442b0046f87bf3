import * as fc from "fast-check";
import assert from "node:assert/strict";
import { DelayHistogram, percentile } from "./statistics.ts";

const STEP_MS = 0.1;

Deno.test("a histogram's percentiles are those of the samples, to a step", () => {
  const delaysMs = fc.array(fc.double({ min: 0, max: 29_999, noNaN: true }), { minLength: 1 });
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(delaysMs, share, (samples, part) => {
      const histogram = new DelayHistogram();
      for (const sample of samples) histogram.add(sample);
      const error = percentile(samples, part) - histogram.percentile(part);
      assert.ok(error >= -1e-9 && error < STEP_MS + 1e-9, `off by ${error}`);
      assert.equal(histogram.maxMs, Math.max(...samples));
      assert.equal(histogram.total, samples.length);
    }),
    { numRuns: 50 },
  );
});

Deno.test("without samples nothing is said", () => {
  const histogram = new DelayHistogram();
  assert.ok(Number.isNaN(histogram.percentile(0.5)));
  assert.ok(Number.isNaN(histogram.maxMs));
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

Deno.test("what is out of range counts at its end, and the maximum stays as it was", () => {
  const histogram = new DelayHistogram();
  histogram.add(-0.004);
  histogram.add(45_000);
  assert.equal(histogram.percentile(0), 0);
  assert.equal(histogram.percentile(1), 30_000);
  assert.equal(histogram.maxMs, 45_000);
});
