import assert from "node:assert/strict";
import FakeTimers from "@sinonjs/fake-timers";
import { sleep } from "./sleep.ts";

/** Whether the promise is settled once everything that is due has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  void promise.then(() => settled = true);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  return settled;
}

Deno.test("sleep lasts its delay, and leaves no timer", async () => {
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const sleeping = sleep(100, new AbortController().signal);
    clock.tick(99);
    assert.equal(await isSettled(sleeping), false);
    clock.tick(1);
    assert.equal(await isSettled(sleeping), true);
    assert.equal(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("an abort ends the sleep at once, and leaves no timer", async () => {
  const clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const controller = new AbortController();
    const sleeping = sleep(100, controller.signal);
    controller.abort();
    assert.equal(await isSettled(sleeping), true);
    assert.equal(clock.countTimers(), 0);
    assert.equal(await isSettled(sleep(100, controller.signal)), true, "aborted before it began");
    assert.equal(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});
