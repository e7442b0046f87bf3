import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { connectionsWithinDescriptors, freeDescriptors } from "./descriptors.ts";

const FILE = fileURLToPath(import.meta.url);

Deno.test("with files enough, all the connections that are wanted are taken", () => {
  assert.equal(connectionsWithinDescriptors(20, { threads: 1, file: FILE }), 20);
  assert.equal(freeDescriptors(FILE, 30), 30);
});

Deno.test("where it cannot be told, all that are wanted are taken", () => {
  const file = "/nonexistent/index.html";
  assert.equal(connectionsWithinDescriptors(3_000, { threads: 1, file }), 3_000);
});
