import assert from "node:assert/strict";
import { KEPT_MS, neighbourOf, TileRoster } from "./tile_roster.ts";

Deno.test("tiles are in the order of their names, numbers as numbers", () => {
  const roster = new TileRoster();
  assert.deepEqual(roster.update(["cam-10", "door", "cam-2"], 0), ["cam-2", "cam-10", "door"]);
});

Deno.test("a camera that is not listed keeps its place for a while, then it goes", () => {
  const roster = new TileRoster();
  roster.update(["a", "b", "c"], 0);
  assert.deepEqual(roster.update(["a", "c"], KEPT_MS), ["a", "b", "c"]);
  assert.deepEqual(roster.update(["a", "c"], KEPT_MS + 1), ["a", "c"]);
  assert.deepEqual(roster.update(["a", "b", "c"], KEPT_MS + 2), ["a", "b", "c"], "back again");
});

Deno.test("neighbours go around the end, and one alone has none", () => {
  const ids = ["a", "b", "c"];
  assert.equal(neighbourOf(ids, "a", 1), "b");
  assert.equal(neighbourOf(ids, "c", 1), "a");
  assert.equal(neighbourOf(ids, "a", -1), "c");
  assert.equal(neighbourOf(["a"], "a", 1), undefined);
  assert.equal(neighbourOf([], "a", 1), undefined);
});

Deno.test("who is not among them goes on at the first, back at the last", () => {
  assert.equal(neighbourOf(["a", "b"], "x", 1), "a");
  assert.equal(neighbourOf(["a", "b"], "x", -1), "b");
});
