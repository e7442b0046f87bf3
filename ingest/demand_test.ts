import assert from "node:assert/strict";
import { Demand } from "./demand.ts";

Deno.test("a rendition is wanted from its first user until ten seconds after its last", () => {
  const demand = new Demand();
  demand.hold("jpeg");
  demand.hold("jpeg");
  demand.release("jpeg", 1_000);
  assert.deepEqual(demand.wanted(60_000), ["jpeg"]);
  demand.release("jpeg", 60_000);
  assert.deepEqual(demand.wanted(69_999), ["jpeg"]);
  assert.deepEqual(demand.wanted(70_000), []);
  assert.deepEqual(demand.wanted(60_000), [], "what lingered out does not come back");
});

Deno.test("a user who comes while it lingers keeps it", () => {
  const demand = new Demand();
  demand.hold("jpeg");
  demand.release("jpeg", 0);
  demand.hold("jpeg");
  assert.deepEqual(demand.wanted(1e9), ["jpeg"]);
});

Deno.test("renditions come in the same order whoever asked first", () => {
  const demand = new Demand();
  demand.hold("low");
  demand.hold("jpeg");
  assert.deepEqual(demand.wanted(1), ["jpeg", "low"]);
});

Deno.test("it is idle without users, lingering or not", () => {
  const demand = new Demand();
  assert.equal(demand.isIdle, true);
  demand.hold("low");
  assert.equal(demand.isIdle, false);
  demand.release("low", 0);
  assert.equal(demand.isIdle, true);
});

Deno.test("what another worker wants is wanted until it says otherwise, without lingering", () => {
  const demand = new Demand();
  demand.holdFor(1, ["low", "jpeg"]);
  demand.holdFor(2, ["low"]);
  demand.hold("jpeg");
  demand.release("jpeg", 0);
  assert.deepEqual(demand.wanted(1e9), ["jpeg", "low"]);
  demand.holdFor(1, []);
  assert.deepEqual(demand.wanted(1e9), ["low"]);
  assert.equal(demand.isIdle, false);
  demand.holdFor(2, []);
  assert.deepEqual(demand.wanted(1e9), []);
  assert.equal(demand.isIdle, true);
});
