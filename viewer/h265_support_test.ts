import assert from "node:assert/strict";
import { H265Support } from "./h265_support.ts";

Deno.test("what the browser claims counts, by each way, until it fails", () => {
  const h265 = new H265Support();
  assert.deepEqual([h265.isKnown("webcodecs"), h265.plays("webcodecs")], [false, false]);
  h265.learn("webcodecs", true);
  h265.learn("mse", false);
  assert.deepEqual([h265.isKnown("webcodecs"), h265.isKnown("mse")], [true, true]);
  assert.deepEqual([h265.plays("webcodecs"), h265.plays("mse")], [true, false]);
  h265.fail("webcodecs");
  assert.equal(h265.plays("webcodecs"), false);
  h265.retry();
  assert.deepEqual([h265.plays("webcodecs"), h265.plays("mse")], [true, false]);
});

Deno.test("JPEGs are never H.265", () => {
  const h265 = new H265Support();
  assert.deepEqual([h265.isKnown("jpeg"), h265.plays("jpeg")], [true, false]);
});
