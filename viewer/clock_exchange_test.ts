import assert from "node:assert/strict";
import { ClockExchange } from "./clock_exchange.ts";

Deno.test("it is asked often at first, then now and again; each answer tells offset and uplink", () => {
  const clock = new ClockExchange();
  assert.deepEqual([clock.offsetMs, clock.errorMs, clock.uplinkMs], [
    undefined,
    undefined,
    undefined,
  ]);
  const askedMs: number[] = [];
  for (let nowMs = 0; nowMs < 6_000; nowMs += 100) {
    if (!clock.isDue(nowMs)) continue;
    clock.asked(nowMs);
    askedMs.push(nowMs);
  }
  assert.deepEqual(askedMs, [100, 200, 300, 400, 500, 600, 700, 800, 2_800, 4_800]);
  clock.answered({ type: "clock", t0: 0, t1: 1_005, t2: 1_005, uplinkMs: 3 }, 10);
  assert.deepEqual([clock.offsetMs, clock.errorMs, clock.uplinkMs], [1_000, 5, 3]);
});
