import assert from "node:assert/strict";
import { FrameLedger } from "./soak_conservation.ts";

const entry = (framesIn: number, framesOut: number, missing = 0, skipped = 0) => ({
  framesIn,
  skipped,
  framesOut,
  missing,
  discarded: missing - skipped,
});

Deno.test("what comes out or is said to be discarded is accounted for, by whomever", () => {
  const ledger = new FrameLedger(3);
  assert.equal(ledger.add(entry(1_000, 400)), "");
  assert.equal(ledger.add(entry(1_100, 498)), "");
  assert.equal(ledger.add(entry(1_300, 640, 58)), "");
  assert.equal(ledger.add(entry(1_400, 740, 75, 17)), "");
  assert.deepEqual(ledger.since, entry(400, 340, 75, 17));
});

Deno.test("a frame that is lost a look adds up, and is found", () => {
  const ledger = new FrameLedger(3);
  const looks = Array.from({ length: 8 }, (_, look) => ledger.add(entry(look * 100, look * 99)));
  assert.equal(looks[3], "");
  assert.match(looks[4] ?? "", /400 frames in, 0 discarded before, 396 out, 0 missing: 4 are lost/);
});

Deno.test("frames that come twice are found, and those that nobody knows of", () => {
  const ledger = new FrameLedger(3);
  ledger.add(entry(0, 0));
  assert.match(ledger.add(entry(100, 110)), /-10 are lost/);
  assert.match(ledger.add(entry(200, 200, 17)), /-17 are lost/);
});

Deno.test("a discard that nobody spoke of is found, and one that was spoken of in vain", () => {
  const ledger = new FrameLedger(3);
  ledger.add(entry(0, 0));
  const unsaid = { ...entry(100, 90, 10), discarded: 4 };
  assert.match(ledger.add(unsaid), /10 frames are missing, 4 were said to be discarded, 0 by/);
  const inVain = { ...entry(200, 196, 4), discarded: 10 };
  assert.match(ledger.add(inVain), /4 frames are missing, 10 were said/);
});

Deno.test("after a new start what was before does not count", () => {
  const ledger = new FrameLedger(3);
  ledger.add(entry(5_000, 5_000));
  ledger.startOver();
  assert.equal(ledger.add(entry(3, 900)), "");
  assert.equal(ledger.add(entry(103, 1_000)), "");
});
