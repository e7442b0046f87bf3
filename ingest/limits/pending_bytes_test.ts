import assert from "node:assert/strict";
import { PendingBytes } from "./pending_bytes.ts";
import { PublishLimitError } from "./publish_limit_error.ts";

Deno.test("what all hold together is bounded; who would go over is refused, and gives back", () => {
  const pending = new PendingBytes(100);
  const [first, second] = [pending.hold(), pending.hold()];
  first.set(60);
  second.set(40);
  assert.throws(
    () => second.set(41),
    (error) => error instanceof PublishLimitError && error.code === "too_busy",
  );
  assert.equal(pending.bytes, 100);
  first.set(10);
  second.set(90);
  second[Symbol.dispose]();
  second[Symbol.dispose]();
  assert.equal(pending.bytes, 10);
});
