import assert from "node:assert/strict";
import { streamStateOf } from "./stream_state.ts";

const live = { type: "status", state: "live", cause: "" } as const;
const connecting = { type: "status", state: "connecting", cause: "" } as const;
const failed = { type: "status", state: "failed", cause: "wrong password" } as const;

Deno.test("frames within three seconds are live, with no cause", () => {
  for (const hasPublisher of [true, false]) {
    const facts = { camera: undefined, hasPublisher, lastFrameMs: 1_000, intervalMs: 33 };
    assert.deepEqual(streamStateOf(facts, 4_000), { state: "live", cause: "" });
    assert.equal(streamStateOf(facts, 4_001).state, "stale");
  }
});

Deno.test("a camera that failed is not live however new the last frame, and says why", () => {
  const facts = { camera: failed, hasPublisher: true, lastFrameMs: 1_000, intervalMs: 33 };
  assert.deepEqual(streamStateOf(facts, 1_001), { state: "stale", cause: "wrong password" });
});

Deno.test("a publisher without frames is offline at first and stale for ever after", () => {
  const never = { camera: connecting, hasPublisher: true, lastFrameMs: undefined, intervalMs: 0 };
  assert.deepEqual(streamStateOf(never, 1), {
    state: "offline",
    cause: "connecting to the camera",
  });
  const silent = { camera: live, hasPublisher: true, lastFrameMs: 0, intervalMs: 33 };
  assert.deepEqual(streamStateOf(silent, 1e9), {
    state: "stale",
    cause: "no frames from the camera",
  });
});

Deno.test("without a publisher the last picture is of interest for thirty seconds", () => {
  const facts = { camera: undefined, hasPublisher: false, lastFrameMs: 0, intervalMs: 33 };
  assert.deepEqual(streamStateOf(facts, 30_000), {
    state: "stale",
    cause: "the publisher is gone",
  });
  assert.deepEqual(streamStateOf(facts, 30_001), {
    state: "offline",
    cause: "the publisher is gone",
  });
});

Deno.test("a stream nobody published is offline", () => {
  const facts = { camera: undefined, hasPublisher: false, lastFrameMs: undefined, intervalMs: 0 };
  assert.deepEqual(streamStateOf(facts, 0), {
    state: "offline",
    cause: "nobody publishes this stream",
  });
});

Deno.test("a camera of few frames is live for two and a half of its intervals, if it is said to be", () => {
  const facts = { hasPublisher: true, lastFrameMs: 0, intervalMs: 10_000 };
  assert.equal(streamStateOf({ ...facts, camera: live }, 25_000).state, "live");
  assert.equal(streamStateOf({ ...facts, camera: live }, 25_001).state, "stale");
  for (const camera of [connecting, failed, undefined]) {
    assert.equal(streamStateOf({ ...facts, camera }, 3_001).state, "stale");
  }
  const rare = { ...facts, camera: live, intervalMs: 3_600_000 };
  assert.equal(streamStateOf(rare, 60_001).state, "stale", "nobody waits for longer than a minute");
});

Deno.test("a camera that sleeps until somebody watches is never offline, nor live by its last frame", () => {
  const camera = { ...connecting, cause: "the camera sleeps", standby: true } as const;
  for (const lastFrameMs of [undefined, 0]) {
    assert.deepEqual(
      streamStateOf({ camera, hasPublisher: true, lastFrameMs, intervalMs: 33 }, 1),
      {
        ...{ state: "stale", cause: "the camera sleeps", standby: true },
      },
    );
  }
});
