import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameWatchdog } from "./frame_watchdog.ts";

const STALL_MS = 3_000;
const FIRST_MS = 45_000;

function watchdog(stallMs = STALL_MS): FrameWatchdog {
  return new FrameWatchdog({ stallMs, firstWithinMs: FIRST_MS });
}

/**
 * Connects and feeds pictures at these times of the connection; gives up as a supervisor does.
 *
 * @returns when it was given up, `undefined` when it lasted
 */
function connection(dog: FrameWatchdog, startMs: number, timesMs: readonly number[]) {
  dog.connecting(startMs);
  const end = (timesMs.at(-1) ?? 0) + 1;
  for (let atMs = 0, next = 0; atMs <= end; atMs += 100) {
    for (; (timesMs[next] ?? Infinity) <= atMs; next++) dog.frame(startMs + (timesMs[next] ?? 0));
    if (!dog.isStalled(startMs + atMs)) continue;
    dog.stalled();
    return atMs;
  }
  return undefined;
}

function each(intervalMs: number, forMs: number): number[] {
  return Array.from({ length: Math.floor(forMs / intervalMs) }, (_, index) => index * intervalMs);
}

Deno.test("a camera without a picture for RTSP_STALL_MS has stalled, and not before", () => {
  const dog = watchdog();
  dog.connecting(0);
  for (const atMs of each(33, 5_000)) dog.frame(atMs);
  const lastMs = each(33, 5_000).at(-1) ?? NaN;
  assert.equal(dog.isStalled(lastMs + STALL_MS), false);
  assert.equal(dog.isStalled(lastMs + STALL_MS + 1), true);
});

Deno.test("the first picture may take as long as it is told, or as RTSP_STALL_MS if that is longer", () => {
  for (const [stallMs, firstMs] of [[STALL_MS, FIRST_MS], [60_000, 60_000]] as const) {
    const dog = watchdog(stallMs);
    dog.connecting(1_000);
    assert.equal(dog.isStalled(1_000 + firstMs), false);
    assert.equal(dog.isStalled(1_000 + firstMs + 1), true);
  }
});

Deno.test("a camera of a picture a second or two is given four of its own intervals", () => {
  const dog = watchdog();
  assert.equal(connection(dog, 0, each(2_000, 60_000)), undefined);
  assert.equal(dog.allowanceMs, 8_000);
});

Deno.test("one of few pictures a minute is found out after connections that were cut too soon", () => {
  for (const intervalMs of [4_000, 10_000, 30_000]) {
    const dog = watchdog();
    let startMs = 0;
    let cut = 0;
    while (connection(dog, startMs, each(intervalMs, 300_000)) !== undefined) {
      startMs += 400_000;
      assert.ok(++cut <= 4, `cut ${cut} times at an interval of ${intervalMs} ms`);
    }
    assert.ok(cut > 0 && dog.allowanceMs >= 4 * intervalMs);
    // It has learnt: no connection is cut any more.
    assert.equal(connection(dog, startMs + 400_000, each(intervalMs, 300_000)), undefined);
  }
});

Deno.test("a burst at the beginning does not hide that a camera is slow", () => {
  const dog = watchdog();
  const times = [...each(10, 200), ...each(5_000, 100_000).map((atMs) => atMs + 5_000)];
  assert.notEqual(connection(dog, 0, times), undefined);
  assert.equal(connection(dog, 200_000, times), undefined);
});

Deno.test("a fast camera that stalls is noticed as soon the hundredth time", () => {
  const dog = watchdog();
  for (let time = 0; time < 100; time++) {
    const cutMs = connection(dog, time * 100_000, [...each(33, 10_000), 90_000]);
    assert.ok(cutMs !== undefined && cutMs <= 10_000 + STALL_MS + 100, `${cutMs}`);
  }
});

Deno.test("whatever it has seen, patience has an end, and never is shorter than RTSP_STALL_MS", () => {
  const pauses = fc.array(fc.integer({ min: 1, max: 400_000 }), { maxLength: 30 });
  fc.assert(fc.property(fc.array(pauses, { maxLength: 5 }), (connections) => {
    const dog = watchdog();
    let nowMs = 0;
    for (const connection of connections) {
      dog.connecting(nowMs += 10);
      for (const pauseMs of connection) dog.frame(nowMs += pauseMs);
      dog.stalled();
    }
    assert.ok(dog.allowanceMs >= STALL_MS && dog.allowanceMs <= 300_000, `${dog.allowanceMs}`);
  }));
});
