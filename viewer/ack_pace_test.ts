import assert from "node:assert/strict";
import { AckPace } from "./ack_pace.ts";

Deno.test("nothing is confirmed before something was received", () => {
  assert.equal(new AckPace().tick(), undefined);
});

Deno.test("each tick confirms the newest frame, and only it", () => {
  const acks = new AckPace();
  acks.received(7, "main");
  acks.received(8, "main");
  assert.deepEqual(acks.tick(), { type: "ack", seq: 8, rendition: "main" });
  acks.received(9, "main");
  assert.deepEqual(acks.tick(), { type: "ack", seq: 9, rendition: "main" });
});

Deno.test("without news every second tick confirms again", () => {
  const acks = new AckPace();
  acks.received(1, "main");
  const sent = Array.from({ length: 5 }, () => acks.tick() !== undefined);
  assert.deepEqual(sent, [true, false, true, false, true]);
});

Deno.test("the same number in another rendition is news", () => {
  const acks = new AckPace();
  acks.received(1, "main");
  acks.tick();
  acks.received(1, "low");
  assert.deepEqual(acks.tick(), { type: "ack", seq: 1, rendition: "low" });
});

Deno.test("a new connection confirms nothing of the old one", () => {
  const acks = new AckPace();
  acks.received(1, "main");
  acks.restart();
  assert.equal(acks.tick(), undefined);
});

Deno.test("frames given up are told once, with the next ack, and not of an old connection", () => {
  const acks = new AckPace();
  acks.received(1, "main");
  acks.gaveUp();
  acks.gaveUp();
  assert.deepEqual(acks.tick(), { type: "ack", seq: 1, rendition: "main", undecoded: 2 });
  acks.received(2, "main");
  assert.deepEqual(acks.tick(), { type: "ack", seq: 2, rendition: "main" });
  acks.gaveUp();
  acks.restart();
  acks.received(3, "main");
  assert.deepEqual(acks.tick(), { type: "ack", seq: 3, rendition: "main" });
});
