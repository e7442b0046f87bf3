import assert from "node:assert/strict";
import { Wakeup } from "./wakeup.ts";

/** Whether `promise` is settled by the time everything that can run has run. */
async function isSettled(promise: Promise<void>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return settled;
}

Deno.test("a waiter sleeps until it is woken", async () => {
  const wakeup = new Wakeup();
  const waiting = wakeup.wait();
  assert.equal(await isSettled(waiting), false);
  wakeup.wake();
  assert.equal(await isSettled(waiting), true);
});

Deno.test("a wake with nobody waiting is kept for the next one", async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  wakeup.wake();
  assert.equal(await isSettled(wakeup.wait()), true);
});

Deno.test("each wake is good for one wait, however often it was said", async () => {
  const wakeup = new Wakeup();
  wakeup.wake();
  wakeup.wake();
  await wakeup.wait();
  const second = wakeup.wait();
  assert.equal(await isSettled(second), false);
  wakeup.wake();
  await second;
});
