import assert from "node:assert/strict";
import { controlTypeOf } from "./control.ts";

Deno.test("the type of a control message is its `type`, when that is text", () => {
  assert.equal(controlTypeOf({ type: "ack", seq: 1 }), "ack");
  assert.equal(controlTypeOf({ type: "not known here" }), "not known here");
  assert.equal(controlTypeOf({ type: 5 }), undefined);
  assert.equal(controlTypeOf({ type: null }), undefined);
});

Deno.test("frames and what is not a map have no type", () => {
  const frame = { timestamp: 1, width: 1, height: 1, data: new Uint8Array(1) };
  for (const message of [frame, {}, [], null, undefined, "ack", 7, new Uint8Array(3)]) {
    assert.equal(controlTypeOf(message), undefined);
  }
});
