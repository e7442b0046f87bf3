import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LinkProbe } from "./link_probe.ts";

const BASE_MS = 20;

/** A probe over a link of a given rate that lets a burst through at once, as routers do. */
function probe(linkKbps: number, neededKbps: number, burstBytes = 0) {
  const padded: number[] = [];
  let nowMs = 0;
  const link = new LinkProbe({ pad: (bytes) => padded.push(bytes), ask: () => {} });
  link.start(neededKbps, nowMs);
  let shownKbps: number | undefined;
  while (link.isRunning) {
    nowMs += BASE_MS + Math.max(0, (padded.at(-1) ?? 0) - burstBytes) * 8 / linkKbps;
    shownKbps = link.answered(BASE_MS, nowMs);
  }
  return { shownKbps, padded, tookMs: nowMs };
}

Deno.test("a link that carries enough is seen to, one that does not is not", () => {
  fc.assert(fc.property(
    fc.integer({ min: 100, max: 100_000 }),
    fc.integer({ min: 400, max: 12_000 }),
    (linkKbps, neededKbps) => {
      const { shownKbps = 0 } = probe(linkKbps, neededKbps);
      assert.equal(shownKbps >= neededKbps, linkKbps >= neededKbps);
    },
  ));
});

Deno.test("a link that is far too slow is troubled for a moment only", () => {
  const { padded, tookMs } = probe(2_000, 5_000);
  assert.deepEqual(padded, [50_000]);
  assert.ok(tookMs <= 250, `${tookMs} ms`);
});

Deno.test("a burst that a router lets through does not deceive it", () => {
  const { shownKbps = 0, padded } = probe(2_000, 5_000, 32_000);
  assert.equal(padded.length, 2);
  assert.ok(shownKbps < 5_000, `${shownKbps} kbps`);
});

Deno.test("an answer to nothing says nothing, and neither does one after a cancel", () => {
  const link = new LinkProbe({ pad: () => {}, ask: () => {} });
  assert.equal(link.answered(0, 1), undefined);
  link.start(1_000, 0);
  link.cancel();
  assert.equal(link.isRunning, false);
  assert.equal(link.answered(0, 1), undefined);
});

Deno.test("padding is bounded, whatever is needed", () => {
  assert.ok(probe(1_000_000, 1_000_000).padded.every((bytes) => bytes <= 512 * 1024));
});
