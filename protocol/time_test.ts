import assert from "node:assert/strict";
import * as fc from "fast-check";
import { ClockOffset, type ClockSample, epochNowMs } from "./time.ts";

/** Doubles near the epoch's 1.76e12 ms are 0.0002 ms apart; a sample adds up four of them. */
const ROUNDING_MS = 0.002;

interface Exchange {
  readonly skewMs: number;
  readonly t0: number;
  readonly outMs: number;
  readonly answerMs: number;
  readonly backMs: number;
}

function sampleOf({ skewMs, t0, outMs, answerMs, backMs }: Exchange): ClockSample {
  const t1 = t0 + outMs + skewMs;
  return { t0, t1, t2: t1 + answerMs, t3: t0 + outMs + answerMs + backMs };
}

const delay = fc.double({ min: 0, max: 60_000, noNaN: true });
const skew = fc.double({ min: -1e9, max: 1e9, noNaN: true });
const moment = fc.double({ min: 1.7e12, max: 1.9e12, noNaN: true });
const delays = fc.record({ t0: moment, outMs: delay, answerMs: delay, backMs: delay });

Deno.test("the offset of one exchange is right within half its round trip", () => {
  fc.assert(fc.property(skew, delays, (skewMs, times) => {
    const clock = new ClockOffset();
    clock.add(sampleOf({ skewMs, ...times }));
    const { offsetMs, roundTripMs } = clock;
    assert.ok(offsetMs !== undefined && roundTripMs !== undefined);
    assert.ok(Math.abs(roundTripMs - (times.outMs + times.backMs)) <= ROUNDING_MS);
    assert.ok(Math.abs(offsetMs - skewMs) <= roundTripMs / 2 + ROUNDING_MS);
  }));
});

Deno.test("equal ways out and back give the offset exactly", () => {
  const clock = new ClockOffset();
  clock.add({ t0: 1000, t1: 6020, t2: 6025, t3: 1045 });
  assert.equal(clock.offsetMs, 5000);
  assert.equal(clock.roundTripMs, 40);
});

Deno.test("of several exchanges the shortest round trip counts", () => {
  fc.assert(fc.property(skew, fc.array(delays, { minLength: 1, maxLength: 8 }), (skewMs, all) => {
    const clock = new ClockOffset();
    for (const times of all) clock.add(sampleOf({ skewMs, ...times }));
    const shortest = Math.min(...all.map(({ outMs, backMs }) => outMs + backMs));
    assert.ok(Math.abs((clock.roundTripMs ?? NaN) - shortest) <= ROUNDING_MS);
    assert.ok(Math.abs((clock.offsetMs ?? NaN) - skewMs) <= shortest / 2 + ROUNDING_MS);
  }));
});

Deno.test("the ninth sample pushes the first one out", () => {
  const clock = new ClockOffset();
  clock.add({ t0: 0, t1: 100, t2: 100, t3: 0 });
  const slower = { t0: 0, t1: 205, t2: 205, t3: 10 };
  for (let sample = 0; sample < 7; sample++) clock.add(slower);
  assert.equal(clock.offsetMs, 100);
  clock.add(slower);
  assert.equal(clock.offsetMs, 200);
});

Deno.test("an exchange that ends before it began, or of no numbers, is ignored", () => {
  const clock = new ClockOffset();
  clock.add({ t0: 10, t1: 0, t2: 0, t3: 9 });
  clock.add({ t0: 0, t1: 0, t2: 20, t3: 10 });
  clock.add({ t0: NaN, t1: 0, t2: 0, t3: 0 });
  clock.add({ t0: 0, t1: 0, t2: 0, t3: Infinity });
  assert.equal(clock.offsetMs, undefined);
  assert.equal(clock.roundTripMs, undefined);
  clock.add({ t0: 0, t1: 7, t2: 7, t3: 0 });
  clock.add({ t0: 10, t1: 0, t2: 0, t3: 9 });
  assert.equal(clock.offsetMs, 7);
});

Deno.test("epochNowMs is the wall clock, with fractions, and never goes back", () => {
  const before = epochNowMs();
  assert.ok(Math.abs(before - Date.now()) < 60_000, "off by more than any test machine stalls");
  const moments = Array.from({ length: 1000 }, epochNowMs);
  assert.ok(moments.every((now, index) => now >= (moments[index - 1] ?? before)));
  assert.ok(moments.some((now) => !Number.isInteger(now)));
});
