import assert from "node:assert/strict";
import { wallStatusOf } from "./wall_status.ts";

Deno.test("a wall says how many cameras there are, and which are not as they should be", () => {
  assert.equal(wallStatusOf([]), "No camera yet");
  assert.equal(wallStatusOf([{ id: "door", state: "live" }]), "1 camera, live");
  const tiles = [
    { id: "door", state: "live" },
    { id: "yard", state: "stale" },
    { id: "gate", state: "offline" },
    { id: "attic", state: "paused" },
  ] as const;
  assert.equal(wallStatusOf(tiles), "4 cameras; yard is stale, gate is offline");
});
