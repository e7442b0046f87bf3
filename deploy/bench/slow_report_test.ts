import assert from "node:assert/strict";
import type { Look } from "./slow_pictures.ts";
import {
  lastTooOldMs,
  msUntilRendition,
  recoveryMs,
  switchesIn,
  viewingOf,
} from "./slow_report.ts";

/** A picture every 100 ms and a look every 50, aged as told. */
function looksOf(
  durationMs: number,
  ageAtMs: (atMs: number) => number | undefined,
  renditionAtMs: (atMs: number) => string = () => "main",
): Look[] {
  return Array.from({ length: durationMs / 50 }, (_, index) => {
    const atMs = index * 50;
    const isNew = index % 2 === 0;
    const ageMs = ageAtMs(isNew ? atMs : atMs - 50);
    return {
      atMs,
      isNew,
      ageMs: ageMs === undefined || isNew ? ageMs : ageMs + 50,
      rendition: renditionAtMs(atMs),
    };
  });
}

Deno.test("ages are of pictures when they first show, and of what shows all the time", () => {
  const { paintedAgesMs, shownAgesMs, fps } = viewingOf(looksOf(2_000, () => 80), {
    fromMs: 1_000,
    untilMs: 1_200,
  });
  assert.deepEqual(paintedAgesMs, [80, 80]);
  assert.deepEqual(shownAgesMs, [80, 130, 80, 130]);
  assert.equal(fps, 10);
});

Deno.test("a picture that cannot be read, or is of the future, or goes back, is counted", () => {
  const all = { fromMs: 0, untilMs: 1_000 };
  const unreadable = viewingOf(looksOf(1_000, (ms) => ms === 300 ? undefined : 80), all);
  assert.deepEqual([unreadable.unreadable, unreadable.setbacks], [1, []]);
  const future = viewingOf(looksOf(1_000, (ms) => ms === 300 ? -500 : 80), all);
  assert.deepEqual([future.unreadable, future.setbacks], [1, []]);
  const back = viewingOf(looksOf(1_000, (ms) => ms === 300 ? 280 : 80), all);
  assert.deepEqual([back.unreadable, back.setbacks], [
    0,
    [{ atMs: 300, byMs: 100, rendition: "main" }],
  ]);
});

Deno.test("what goes back at the start of a span is measured by what came before it", () => {
  const looks = looksOf(2_000, (ms) => ms < 1_000 ? 80 : 400);
  assert.equal(viewingOf(looks, { fromMs: 1_000, untilMs: 2_000 }).setbacks.length, 3);
});

Deno.test("recovered is from when on all the rest is young enough", () => {
  const span = { fromMs: 0, untilMs: 10_000 };
  const goal = { p95AgeMs: 500, fps: 9 };
  assert.equal(recoveryMs(looksOf(10_000, () => 80), span, goal), 0);
  assert.equal(recoveryMs(looksOf(10_000, () => 800), span, goal), undefined);
  const falling = recoveryMs(looksOf(10_000, (ms) => ms < 4_000 ? 2_000 : 80), span, goal);
  // 95 % of the rest: a twentieth of it may still be old.
  assert.ok(falling !== undefined && falling > 3_500 && falling <= 4_000, `${falling}`);
});

Deno.test("the last time that what showed was too old is told to the frame", () => {
  const span = { fromMs: 1_000, untilMs: 10_000 };
  const looks = looksOf(12_000, (ms) => ms < 4_000 || ms >= 10_000 ? 2_000 : 80);
  assert.equal(lastTooOldMs(looks, span, 500), 2_950);
  assert.equal(lastTooOldMs(looks, span, 3_000), 0);
});

Deno.test("too few pictures are no recovery, however young", () => {
  const span = { fromMs: 0, untilMs: 10_000 };
  const looks = looksOf(10_000, () => 80);
  assert.equal(recoveryMs(looks, span, { p95AgeMs: 500, fps: 11 }), undefined);
});

Deno.test("switches are told in order, and the way back to a rendition is timed", () => {
  const looks = looksOf(
    1_000,
    () => 80,
    (ms) => ms < 50 ? "" : ms < 300 || ms >= 700 ? "main" : "low",
  );
  assert.deepEqual(switchesIn(looks), [
    { atMs: 300, from: "main", to: "low" },
    { atMs: 700, from: "low", to: "main" },
  ]);
  assert.equal(msUntilRendition(looks, "main", 500), 200);
  assert.equal(msUntilRendition(looks, "main", 800), 0);
  assert.equal(msUntilRendition(looks, "jpeg", 0), undefined);
});
