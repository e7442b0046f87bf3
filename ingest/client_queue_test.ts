import * as fc from "fast-check";
import assert from "node:assert/strict";
import { ClientQueue } from "./client_queue.ts";
import { encoded, h264Frame, jpegFrame } from "./testing/frames.ts";

const BOUNDS = { maxBytes: 100_000, maxAgeMs: 500 };

type Step =
  | { readonly do: "frame"; readonly key: boolean; readonly buffered: number }
  | { readonly do: "ack"; readonly behind: number }
  | { readonly do: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("frame" as const),
      key: fc.boolean(),
      buffered: fc.constantFrom(0, 0, 1, 50_000, 100_001),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ack" as const), behind: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(400) }) },
);

Deno.test("what is delivered always decodes, whatever the link does", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const queue = new ClientQueue(BOUNDS);
    let nowMs = 0;
    let seq = 0;
    let lastDelivered: number | undefined;
    for (const each of steps) {
      if (each.do === "wait") nowMs += each.ms;
      else if (each.do === "ack") queue.acknowledge(seq - each.behind);
      else {
        seq++;
        const verdict = queue.admit(encoded(h264Frame(seq, each.key)), each.buffered, nowMs);
        assert.equal(verdict === "not-yet", verdict !== "deliver" && lastDelivered === undefined);
        if (verdict !== "deliver") continue;
        assert.ok(each.key || lastDelivered === seq - 1, `frame ${seq} after ${lastDelivered}`);
        lastDelivered = seq;
      }
    }
  }));
});

Deno.test("frames before the first keyframe are no loss; after a loss everything is", () => {
  const queue = new ClientQueue(BOUNDS);
  assert.equal(queue.admit(encoded(h264Frame(1, false)), 0, 0), "not-yet");
  assert.equal(queue.admit(encoded(h264Frame(2, true)), 0, 33), "deliver");
  assert.equal(queue.admit(encoded(h264Frame(3, false)), 100_001, 66), "discard");
  assert.equal(queue.admit(encoded(h264Frame(4, false)), 0, 99), "discard");
  assert.equal(queue.admit(encoded(h264Frame(5, true)), 0, 132), "deliver");
});

Deno.test("without acks the socket is what counts: its bytes, and how long it was not empty", () => {
  const queue = new ClientQueue(BOUNDS);
  const admit = (buffered: number, nowMs: number) =>
    queue.admit(encoded(jpegFrame()), buffered, nowMs);
  assert.equal(admit(0, 1_000), "deliver");
  assert.equal(admit(100_000, 1_500), "deliver");
  assert.equal(admit(1, 1_501), "discard", "older than 500 ms");
  assert.equal(admit(0, 1_600), "deliver");
  assert.equal(admit(100_001, 1_601), "discard", "over 100 000 bytes");
});

Deno.test("with acks, what was not acknowledged counts although the socket is empty", () => {
  const queue = new ClientQueue(BOUNDS);
  assert.equal(queue.admit(encoded(h264Frame(1, true)), 0, 0), "deliver");
  queue.acknowledge(1);
  assert.equal(queue.admit(encoded(h264Frame(2, false)), 0, 100), "deliver");
  assert.equal(queue.admit(encoded(h264Frame(3, false)), 0, 600), "deliver");
  assert.equal(queue.ageMs(601), 501);
  assert.equal(queue.admit(encoded(h264Frame(4, false)), 0, 601), "discard");
  queue.acknowledge(3);
  assert.equal(queue.admit(encoded(h264Frame(5, true)), 0, 602), "deliver");
});

Deno.test("with acks, a socket that is never seen empty is no sign of age", () => {
  const queue = new ClientQueue(BOUNDS);
  for (let seq = 1; seq < 60; seq++) {
    assert.equal(queue.admit(encoded(h264Frame(seq, seq === 1)), 10, seq * 33), "deliver");
    queue.acknowledge(seq);
  }
});

Deno.test("the age of a socket that was full from the start is counted from then", () => {
  const queue = new ClientQueue(BOUNDS);
  const nowMs = 1_760_000_000_000;
  queue.restart(true);
  queue.handedOver(encoded(h264Frame(1, true)), nowMs);
  assert.equal(queue.admit(encoded(h264Frame(2, false)), 90_000, nowMs + 500), "deliver");
  assert.equal(queue.admit(encoded(h264Frame(3, false)), 90_000, nowMs + 501), "discard");
});

Deno.test("a long pause does not age what is sent after it", () => {
  const queue = new ClientQueue(BOUNDS);
  assert.equal(queue.admit(encoded(h264Frame(1, true)), 0, 0), "deliver");
  queue.restart(true);
  queue.handedOver(encoded(h264Frame(1000, true)), 60_000);
  assert.equal(queue.admit(encoded(h264Frame(1001, false)), 90_000, 60_033), "deliver");
});

Deno.test("after a restart without a GOP only a keyframe is of use", () => {
  const queue = new ClientQueue(BOUNDS);
  assert.equal(queue.admit(encoded(h264Frame(1, true)), 0, 0), "deliver");
  queue.restart(false);
  assert.equal(queue.admit(encoded(h264Frame(2, false)), 0, 33), "not-yet");
  assert.equal(queue.admit(encoded(h264Frame(3, true)), 0, 66), "deliver");
});

Deno.test("a publisher that counts anew does not leave old frames unacknowledged for ever", () => {
  const queue = new ClientQueue(BOUNDS);
  queue.admit(encoded(h264Frame(5_000, true)), 0, 0);
  queue.acknowledge(5_000);
  queue.admit(encoded(h264Frame(5_001, false)), 0, 33);
  assert.equal(queue.admit(encoded(h264Frame(0, true)), 0, 66), "deliver");
  queue.acknowledge(0);
  assert.equal(queue.ageMs(700), 0);
  assert.equal(queue.admit(encoded(h264Frame(1, false)), 0, 700), "deliver");
});

Deno.test("frames without seq are judged by the socket again, whoever acknowledged before", () => {
  const queue = new ClientQueue(BOUNDS);
  queue.admit(encoded(h264Frame(1, true)), 0, 0);
  queue.acknowledge(1);
  queue.restart(false);
  assert.equal(queue.admit(encoded(jpegFrame()), 0, 1_000), "deliver");
  assert.equal(queue.admit(encoded(jpegFrame()), 10, 1_501), "discard");
});
