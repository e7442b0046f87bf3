import assert from "node:assert/strict";
import { wallStatusOf } from "./wall_status.ts";

Deno.test("a wall says how many cameras there are, and which are not as they should be", () => {
  assert.equal(wallStatusOf([]), "No camera yet");
  assert.equal(wallStatusOf([{ name: "Door", state: "live" }]), "1 camera, live");
  const tiles = [
    { name: "Front door", state: "live" },
    { name: "Yard", state: "stale" },
    { name: "gate", state: "offline" },
    { name: "attic", state: "paused" },
  ] as const;
  assert.equal(wallStatusOf(tiles), "4 cameras; Yard is stale, gate is offline");
});
