import assert from "node:assert/strict";
import * as fc from "fast-check";
import { latencyStages } from "./latency_stages.ts";

Deno.test("the parts are those that were measured, the last of each side takes the rest", () => {
  const stages = latencyStages({ latencyMs: 84, transportMs: 60, decodeMs: 15, uplinkMs: 2 });
  assert.deepEqual(stages, { uplink: 2, network: 58, decode: 15, paint: 9 });
});

Deno.test("parts are never negative and add up, however the measures disagree", () => {
  const ms = fc.double({ min: 0, max: 1e5, noNaN: true });
  fc.assert(fc.property(ms, ms, ms, ms, (latencyMs, transportMs, decodeMs, uplinkMs) => {
    const parts = Object.values(
      latencyStages({ latencyMs, transportMs, decodeMs, uplinkMs }) ?? assert.fail(),
    );
    assert.ok(parts.every((part) => part >= 0));
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + part) - latencyMs) < 1e-6);
  }));
});

Deno.test("what is not known is not made up", () => {
  const known = { latencyMs: 84, transportMs: 60, decodeMs: 15, uplinkMs: 2 };
  for (const name of Object.keys(known)) {
    assert.equal(latencyStages({ ...known, [name]: undefined }), undefined, name);
  }
});
