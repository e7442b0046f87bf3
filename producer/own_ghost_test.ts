import assert from "node:assert/strict";
import { OwnGhost } from "./own_ghost.ts";

Deno.test("a stream that was never ours is taken by somebody else", () => {
  assert.ok(!new OwnGhost().isTakenByUs(0));
});

Deno.test("however long ingest was away, for ten seconds it may be ourselves", () => {
  const ghost = new OwnGhost();
  ghost.published();
  assert.ok(ghost.isTakenByUs(3_600_000));
  assert.ok(ghost.isTakenByUs(3_609_999));
  assert.ok(!ghost.isTakenByUs(3_610_000), "who holds it for so long is no ghost");
});

Deno.test("each time we were let in it may be ourselves again", () => {
  const ghost = new OwnGhost();
  ghost.published();
  ghost.isTakenByUs(0);
  assert.ok(!ghost.isTakenByUs(10_000));
  ghost.published();
  assert.ok(ghost.isTakenByUs(20_000));
});
