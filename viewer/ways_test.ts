import assert from "node:assert/strict";
import { Ways } from "./ways.ts";

const ALL = { webcodecs: undefined, mse: undefined };

Deno.test("the best way that the browser has is gone, and why the better ones are not is said", () => {
  const ways = new Ways(ALL, "auto");
  assert.deepEqual([ways.way, ways.reason], ["webcodecs", "the best that this browser has"]);
  const onHttp = new Ways({ webcodecs: "is for https alone", mse: undefined }, "auto");
  assert.deepEqual([onHttp.way, onHttp.reason], ["mse", "WebCodecs is for https alone"]);
  onHttp.fail("mse", "showed nothing");
  assert.equal(onHttp.way, "jpeg");
  assert.equal(onHttp.reason, "WebCodecs is for https alone; Media Source showed nothing");
});

Deno.test("what the user chooses is gone where it can be, and tried again when chosen again", () => {
  const ways = new Ways({ webcodecs: undefined, mse: "is not in this browser" }, "jpeg");
  assert.deepEqual([ways.way, ways.reason], ["jpeg", "chosen by hand"]);
  ways.choose("mse");
  assert.deepEqual([ways.way, ways.reason], ["webcodecs", "Media Source is not in this browser"]);
  ways.choose("webcodecs");
  ways.fail("webcodecs", "failed");
  assert.equal(ways.way, "jpeg");
  ways.choose("auto");
  assert.equal(ways.way, "webcodecs");
});

Deno.test("JPEG is the last resort, whatever becomes of it", () => {
  const ways = new Ways({ webcodecs: "no", mse: "no" }, "auto");
  ways.fail("jpeg", "failed");
  assert.equal(ways.way, "jpeg");
});
