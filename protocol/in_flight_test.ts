import assert from "node:assert/strict";
import * as fc from "fast-check";
import { InFlight } from "./in_flight.ts";

Deno.test("bytes, count and age are those of what was not acknowledged", () => {
  const step = fc.record({
    bytes: fc.nat(1000),
    stepMs: fc.nat(50),
    ackBehind: fc.option(fc.nat(20), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
    const inFlight = new InFlight();
    let expected: { seq: number; bytes: number; atMs: number }[] = [];
    let nowMs = 0;
    steps.forEach(({ bytes, stepMs, ackBehind }, seq) => {
      nowMs += stepMs;
      inFlight.add(seq, bytes, nowMs);
      expected.push({ seq, bytes, atMs: nowMs });
      if (ackBehind !== undefined) {
        inFlight.acknowledge(seq - ackBehind);
        expected = expected.filter((frame) => frame.seq > seq - ackBehind);
      }
      assert.equal(inFlight.count, expected.length);
      assert.deepEqual(inFlight.backlog(nowMs + 7), {
        bytes: expected.reduce((sum, frame) => sum + frame.bytes, 0),
        ageMs: expected[0] === undefined ? 0 : nowMs + 7 - expected[0].atMs,
      });
      for (const { seq, atMs } of expected) assert.equal(inFlight.handedOverMs(seq), atMs);
    });
  }));
});

Deno.test("an ack of what was never sent, or was acknowledged, changes nothing", () => {
  const inFlight = new InFlight();
  inFlight.acknowledge(5);
  inFlight.add(10, 100, 0);
  inFlight.acknowledge(9);
  assert.equal(inFlight.count, 1);
  inFlight.acknowledge(10);
  inFlight.acknowledge(10);
  assert.deepEqual(inFlight.backlog(50), { bytes: 0, ageMs: 0 });
  assert.equal(inFlight.handedOverMs(10), undefined);
});

Deno.test("a receiver that never acknowledges costs no more memory, and its age is not forgotten", () => {
  const inFlight = new InFlight();
  for (let seq = 0; seq < 2000; seq++) inFlight.add(seq, 1, seq);
  const full = inFlight.count;
  inFlight.add(2000, 1, 2000);
  assert.equal(inFlight.count, full);
  assert.deepEqual(inFlight.backlog(2000), { bytes: full, ageMs: 2000 });
  inFlight.acknowledge(2000);
  assert.deepEqual(inFlight.backlog(2000), { bytes: 0, ageMs: 0 });
});

Deno.test("clear forgets all", () => {
  const inFlight = new InFlight();
  inFlight.add(1, 100, 0);
  inFlight.clear();
  assert.equal(inFlight.count, 0);
  assert.deepEqual(inFlight.backlog(9), { bytes: 0, ageMs: 0 });
});

Deno.test("an ack of one track confirms all that was handed over before it, and nothing after", () => {
  const step = fc.record({ track: fc.nat(2), bytes: fc.nat(1000) });
  fc.assert(fc.property(fc.array(step, { maxLength: 100 }), fc.nat(99), (steps, acked) => {
    const inFlight = new InFlight();
    const seqs = [0, 0, 0];
    const sent = steps.map(({ track, bytes }) => {
      const seq = (seqs[track] ?? 0) + 1;
      seqs[track] = seq;
      inFlight.add(seq, bytes, 0, track);
      return { seq, track, bytes };
    });
    const at = sent[acked];
    const left = at === undefined ? sent : sent.slice(acked + 1);
    assert.equal(
      at === undefined ? 0 : inFlight.acknowledge(at.seq, at.track),
      sent.length - left.length,
    );
    assert.equal(inFlight.bytes, left.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { seq, track } of left) assert.equal(inFlight.handedOverMs(seq, track), 0);
  }));
});
