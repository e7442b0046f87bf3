import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteQueue } from "./byte_queue.ts";

const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => index * 31 % 251);

Deno.test("pieces of any size come out as the bytes that went in", () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 50_000 }), fc.nat({ max: 50_000 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, (sizes) => {
      const queue = new ByteQueue();
      let pushed = 0;
      let taken = 0;
      for (const [pushBytes, takeBytes] of sizes) {
        const chunk = BYTES.subarray(pushed, pushed + pushBytes);
        queue.push(chunk);
        pushed += chunk.byteLength;
        if (queue.byteLength < takeBytes) {
          assert.equal(queue.peek(takeBytes), undefined);
          continue;
        }
        const view = queue.peek(takeBytes);
        assert.equal(view?.byteLength, takeBytes);
        if (takeBytes > 0) {
          assert.equal(view?.getUint8(takeBytes - 1), BYTES[taken + takeBytes - 1]);
        }
        assert.deepEqual(queue.take(takeBytes), BYTES.slice(taken, taken + takeBytes));
        taken += takeBytes;
        assert.equal(queue.byteLength, pushed - taken);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("what was taken is the caller's own", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3, 4));
  const taken = queue.take(4);
  queue.push(new Uint8Array(64 * 1024).fill(9)); // where the first ones were
  assert.deepEqual([...taken], [1, 2, 3, 4]);
  taken.fill(7);
  assert.equal(queue.peek(1)?.getUint8(0), 9);
});

Deno.test("a view has exactly the bytes asked for, wherever they lie", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(0, 0, 0, 5, 6, 7));
  queue.skip(3);
  const view = queue.peek(2);
  assert.equal(view?.byteLength, 2);
  assert.equal(view?.getUint16(0), 0x0506);
});

Deno.test("skipping past the end leaves it empty, not broken", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2));
  queue.skip(5);
  assert.equal(queue.byteLength, 0);
  queue.push(Uint8Array.of(3));
  assert.deepEqual([...queue.take(1)], [3]);
});

Deno.test("the buffer is as large as what waits, not as what has passed", () => {
  const queue = new ByteQueue();
  const chunk = new Uint8Array(50_000);
  for (let round = 0; round < 100; round++) {
    queue.push(chunk);
    queue.skip(chunk.byteLength);
  }
  queue.push(chunk);
  assert.equal(queue.peek(1)?.buffer.byteLength, 64 * 1024);
});
