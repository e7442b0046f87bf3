import assert from "node:assert/strict";
import { LinkPace } from "./link_pace.ts";

const KIB = 1024;

Deno.test("a link that is not known needs milestones, one that showed what it carries does not", () => {
  const pace = new LinkPace();
  assert.equal(pace.needsMilestones(100, undefined), true);
  pace.sent(100 * KIB, 0);
  pace.arrived(100);
  assert.equal(pace.needsMilestones(1_000 * KIB, undefined), false);
});

Deno.test("on a thin link what takes long needs them, and what is short does not", () => {
  const pace = new LinkPace();
  pace.sent(100 * KIB, 0);
  pace.arrived(4_000); // 205 kbit/s
  assert.equal(pace.needsMilestones(100 * KIB, undefined), true);
  assert.equal(pace.needsMilestones(10 * KIB, undefined), false);
});

Deno.test("a little that arrived tells of the way alone", () => {
  const pace = new LinkPace();
  pace.sent(KIB, 0);
  pace.arrived(1);
  assert.equal(pace.needsMilestones(100 * KIB, undefined), true);
});

Deno.test("a link that became thin needs them again", () => {
  const pace = new LinkPace();
  pace.sent(100 * KIB, 0);
  pace.arrived(1);
  assert.equal(pace.needsMilestones(100 * KIB, 300), true, "acks tell that it carries less");
  assert.equal(pace.needsMilestones(100 * KIB, undefined), false);
  pace.doubted();
  assert.equal(pace.needsMilestones(100 * KIB, undefined), true);
});
