import assert from "node:assert/strict";
import { ClientQueue } from "./client_queue.ts";

const MAX_BASE_DELAY_MS = 500;

function queueOf(rendition = "main") {
  const queue = new ClientQueue(MAX_BASE_DELAY_MS);
  return { queue, track: queue.begin(rendition) };
}

Deno.test("without acks the socket is what counts: its bytes, and how long it was not empty", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 1_000, 0);
  assert.deepEqual({ ...queue.backlog(0, 1_000) }, { bytes: 0, ageMs: 0 });
  assert.deepEqual({ ...queue.backlog(700, 1_400) }, { bytes: 700, ageMs: 400 });
  assert.deepEqual({ ...queue.backlog(0, 1_500) }, { bytes: 0, ageMs: 0 });
});

Deno.test("the age of a socket that was full from the start is counted from then", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 1_000, 1_760_000_000_000);
  assert.equal(queue.backlog(900, 1_760_000_000_500).ageMs, 500);
});

Deno.test("with acks, what was not acknowledged counts although the socket is empty", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 1_000, 0);
  queue.acknowledge("main", 1, 0);
  queue.handedOver(track, 2, 600, 100);
  queue.handedOver(track, 3, 400, 200);
  assert.deepEqual({ ...queue.backlog(0, 700) }, { bytes: 1_000, ageMs: 600 });
  queue.acknowledge("main", 2, 700);
  assert.deepEqual({ ...queue.backlog(0, 700) }, { bytes: 400, ageMs: 500 });
});

Deno.test("with acks, a socket that is never seen empty is no sign of age", () => {
  const { queue, track } = queueOf();
  for (let seq = 1; seq < 60; seq++) {
    queue.handedOver(track, seq, 100, seq * 33);
    queue.acknowledge("main", seq, seq * 33);
    assert.equal(queue.backlog(10, seq * 33 + 33).ageMs, 0);
  }
});

Deno.test("a long way is no lateness, but no excuse for any lateness either", () => {
  for (const [wayMs, excusedMs] of [[300, 300], [5_000, MAX_BASE_DELAY_MS]] as const) {
    const { queue, track } = queueOf();
    queue.handedOver(track, 1, 100, 0);
    queue.acknowledge("main", 1, wayMs);
    queue.handedOver(track, 2, 100, wayMs);
    assert.equal(queue.backlog(0, 2 * wayMs).ageMs, wayMs - excusedMs);
  }
});

Deno.test("an ack of one rendition confirms what went before it of another", () => {
  const { queue, track: main } = queueOf();
  queue.handedOver(main, 100, 1_000, 0);
  queue.acknowledge("main", 99, 0);
  const low = queue.begin("low");
  queue.handedOver(low, 7, 50, 10);
  queue.handedOver(low, 8, 50, 20);
  queue.acknowledge("low", 7, 30);
  assert.equal(queue.backlog(0, 50).bytes, 50);
  queue.acknowledge("main", 100, 40);
  assert.equal(queue.backlog(0, 50).bytes, 50, "known already");
});

Deno.test("a publisher that counts anew: acks of before confirm nothing of now", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 5_000, 100, 0);
  const anew = queue.begin("main");
  queue.handedOver(anew, 1, 100, 10);
  assert.equal(queue.acknowledge("main", 5_000, 20), true, "what it is of did arrive");
  assert.equal(queue.backlog(0, 50).bytes, 100);
  assert.equal(queue.acknowledge("main", 1, 30), true);
  assert.equal(queue.backlog(0, 50).bytes, 0);
});

Deno.test("frames without seq are judged by the socket, whoever acknowledged before", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 100, 0);
  queue.acknowledge("main", 1, 10);
  queue.handedOver(track, undefined, 100, 20);
  assert.equal(queue.backlog(0, 1_000).ageMs, 0);
  assert.deepEqual({ ...queue.backlog(10, 1_501) }, { bytes: 10, ageMs: 501 });
});

Deno.test("after a pause nothing is owed", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 100, 0);
  queue.acknowledge("main", 0, 0);
  queue.forget();
  assert.deepEqual({ ...queue.backlog(0, 60_000) }, { bytes: 0, ageMs: 0 });
  queue.handedOver(queue.begin("main"), 1_000, 100, 60_000);
  assert.equal(queue.backlog(90, 60_033).ageMs, 33);
});

Deno.test("on a link seen to be slow, what is on the way is as late as it will be", () => {
  const { queue, track } = queueOf();
  let [seq, nowMs] = [0, 0];
  const goesOver = (delayMs: number) => {
    queue.handedOver(track, ++seq, 12_500, nowMs);
    nowMs += delayMs;
    queue.acknowledge("main", seq, nowMs);
  };
  for (let frame = 0; frame < 5; frame++) goesOver(10);
  for (let frame = 0; frame < 10; frame++) goesOver(200);
  // 12,500 bytes in 200 ms: 500 kbit/s, so ten of them take two seconds.
  for (let frame = 0; frame < 10; frame++) queue.handedOver(track, ++seq, 12_500, nowMs);
  assert.ok(
    Math.abs(queue.backlog(0, nowMs).ageMs - 2_000) < 1,
    `${queue.backlog(0, nowMs).ageMs}`,
  );
  queue.acknowledge("main", seq, nowMs + 10);
  assert.equal(queue.backlog(0, nowMs + 10).ageMs, 0, "nothing is on the way");
});

Deno.test("frames of a publisher that another one followed at once are acknowledged all the same", () => {
  const { queue, track } = queueOf();
  queue.handedOver(track, 1, 100, 0);
  queue.acknowledge("main", 1, 1);
  for (let seq = 2; seq <= 9; seq++) queue.handedOver(track, seq, 100, seq * 10);
  queue.begin("main"); // sent nothing before it was followed, too
  const after = queue.begin("main");
  assert.equal(queue.acknowledge("main", 10, 100), false, "what was never sent confirms nothing");
  assert.equal(queue.acknowledge("main", 9, 100), true);
  assert.equal(queue.backlog(0, 5_000).bytes, 0);
  queue.handedOver(after, 0, 100, 5_000);
  assert.equal(queue.acknowledge("main", 0, 5_001), true);
  assert.equal(queue.backlog(0, 9_000).bytes, 0);
});
