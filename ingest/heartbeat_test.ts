import assert from "node:assert/strict";
import { Heartbeat } from "./heartbeat.ts";

/** What is due at each quarter of a second, told of its own pings. */
function dueOver(heartbeat: Heartbeat, fromMs: number, toMs: number, onTick = (_ms: number) => {}) {
  const due: [number, string][] = [];
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 250) {
    onTick(nowMs);
    const what = heartbeat.due(nowMs);
    if (what !== undefined) due.push([nowMs, what]);
    if (what === "ping") heartbeat.asked(nowMs);
    if (what === "give up") break;
  }
  return due;
}

Deno.test("a viewer that never answers is given up within nine seconds", () => {
  const due = dueOver(new Heartbeat(0), 0, 60_000);
  assert.deepEqual(due, [[2_000, "ping"], [8_250, "give up"]]);
});

Deno.test("one that answers is asked again and again, and never given up", () => {
  const heartbeat = new Heartbeat(0);
  const due = dueOver(heartbeat, 0, 60_000, (nowMs) => {
    if (heartbeat.isWaiting) heartbeat.answered(nowMs, true);
  });
  assert.ok(due.length >= 20 && due.every(([, what]) => what === "ping"), JSON.stringify(due));
  assert.equal(heartbeat.roundTripMs, 250);
});

Deno.test("a slow one, whose answer waits behind a picture, is not given up while it gets on", () => {
  const heartbeat = new Heartbeat(0);
  const due = dueOver(heartbeat, 0, 30_000, (nowMs) => {
    if (nowMs % 5_000 === 0) heartbeat.progressed(nowMs);
  });
  assert.deepEqual(due, [[2_000, "ping"]]);
  assert.equal(dueOver(heartbeat, 30_250, 60_000).at(-1)?.[1], "give up");
});

Deno.test("whose acks show that all arrives is asked for the length of the way alone", () => {
  const heartbeat = new Heartbeat(0);
  const due = dueOver(heartbeat, 0, 45_000, (nowMs) => {
    if (heartbeat.isWaiting) heartbeat.answered(nowMs, true);
    if (nowMs < 30_000) heartbeat.progressed(nowMs);
  });
  const asked = due.map(([nowMs]) => nowMs);
  assert.deepEqual(asked.slice(0, 3), [10_000, 20_000, 30_000]);
  assert.equal(asked[3], 32_250);
});

Deno.test("an answer that waited behind something large says nothing of the way", () => {
  const heartbeat = new Heartbeat(0);
  heartbeat.asked(0);
  heartbeat.answered(400, false);
  assert.equal(heartbeat.roundTripMs, undefined);
  heartbeat.asked(1_000);
  heartbeat.answered(1_020, true);
  assert.equal(heartbeat.roundTripMs, 20);
});
