import assert from "node:assert/strict";
import { addressOf, routeOf } from "./route.ts";

Deno.test("no stream named: all of them", () => {
  assert.deepEqual(routeOf(""), { page: "all" });
  assert.deepEqual(routeOf("?other=1"), { page: "all" });
});

Deno.test("a stream named: it alone", () => {
  assert.deepEqual(routeOf("?stream=front_door-2"), { page: "one", streamId: "front_door-2" });
});

Deno.test("what no stream can be named is told apart", () => {
  for (const id of ["", "Front", "../x", "<img>", "-a", "a".repeat(65)]) {
    const route = routeOf(`?stream=${encodeURIComponent(id)}`);
    assert.deepEqual(route, { page: "invalid", streamId: id });
  }
});

Deno.test("an address leads back to its route", () => {
  assert.equal(addressOf({ page: "all" }), ".");
  const door = { page: "one", streamId: "door" } as const;
  assert.deepEqual(routeOf(addressOf(door)), door);
});
