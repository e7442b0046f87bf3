import { ProtocolError } from "@porthole/protocol";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { readBoundedBody } from "./bounded_body.ts";

function streamOf(
  chunks: Iterable<Uint8Array>,
  end: "close" | "error" = "close",
  onCancel: () => void = () => {},
): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { value, done } = iterator.next();
      if (!done) controller.enqueue(value);
      else if (end === "close") controller.close();
      else controller.error(new Error("connection reset"));
    },
    cancel: onCancel,
  }, { highWaterMark: 0 });
}

const tooLarge = (error: unknown) => error instanceof ProtocolError && error.code === "too_large";

Deno.test("a body comes back whole, however it is cut", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, async (parts) => {
      const body = await readBoundedBody(streamOf(parts), 0);
      assert.deepEqual(body, new Uint8Array(parts.flatMap((part) => [...part])));
      assert.equal(body.buffer.byteLength, body.byteLength, "no room is kept that it did not need");
    }),
    { numRuns: 30 },
  );
});

Deno.test("no body is an empty one", async () => {
  assert.equal((await readBoundedBody(streamOf([]), 0)).byteLength, 0);
});

Deno.test("a body of just the limit passes, one byte more does not", async () => {
  assert.equal(
    (await readBoundedBody(streamOf([new Uint8Array(100)]), 0, { maxBytes: 100 })).byteLength,
    100,
  );
  await assert.rejects(
    readBoundedBody(streamOf([new Uint8Array(101)]), 0, { maxBytes: 100 }),
    tooLarge,
  );
});

Deno.test("a length over the limit is refused before a byte is read", async () => {
  let reads = 0;
  const body = streamOf((function* () {
    reads++;
    yield new Uint8Array(1);
  })());
  await assert.rejects(readBoundedBody(body, 2 ** 32), tooLarge);
  assert.equal(reads, 0);
});

Deno.test("an endless body is given up, and its sender told to stop", async () => {
  let isCancelled = false;
  const endless = streamOf(
    (function* () {
      while (true) yield new Uint8Array(1000);
    })(),
    "close",
    () => isCancelled = true,
  );
  await assert.rejects(readBoundedBody(endless, 0, { maxBytes: 10_000 }), tooLarge);
  assert.equal(isCancelled, true);
});

Deno.test("a body that breaks off is malformed, with the cause", async () => {
  const broken = streamOf([new Uint8Array(10)], "error");
  await assert.rejects(readBoundedBody(broken, 0), (error) => {
    assert.ok(error instanceof ProtocolError);
    assert.equal(error.code, "malformed");
    assert.ok(error.cause instanceof Error);
    return true;
  });
});

Deno.test("whatever length is announced, what comes is what counts", async () => {
  for (const announced of [-1, NaN, -Infinity, 0.5, 1]) {
    const body = await readBoundedBody(streamOf([Uint8Array.of(1, 2)]), announced);
    assert.deepEqual(body, Uint8Array.of(1, 2), String(announced));
  }
});
