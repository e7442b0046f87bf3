import assert from "node:assert/strict";
import { AnswerWatch } from "./answer_watch.ts";

const OPTIONS = { withinMs: 3_000, firstWithinMs: 10_000, mayBeOpen: 2 };

function asked(watch: AnswerWatch, ...timesMs: readonly number[]): AnswerWatch {
  for (const atMs of timesMs) watch.asked(atMs);
  return watch;
}

Deno.test("questions that stay open for too long are overdue, from the first of them on", () => {
  const watch = new AnswerWatch(OPTIONS);
  asked(watch, 0).answered();
  asked(watch, 1_000, 1_500, 3_999);
  assert.equal(watch.isOverdue(4_000), false);
  assert.equal(watch.isOverdue(4_001), true);
  watch.answered();
  assert.equal(watch.isOverdue(90_000), false);
});

Deno.test("the first answer may take longer", () => {
  const watch = asked(new AnswerWatch(OPTIONS), 0, 1, 2);
  assert.equal(watch.isOverdue(10_000), false);
  assert.equal(watch.isOverdue(10_001), true);
});

Deno.test("a few may stay open for ever, for their answers need what comes after", () => {
  const watch = asked(new AnswerWatch(OPTIONS), 0, 60_000);
  assert.equal(watch.isOverdue(120_000), false);
  assert.equal(asked(watch, 120_000).isOverdue(120_000), true);
});

Deno.test("who was not asked owes nothing", () => {
  assert.equal(new AnswerWatch(OPTIONS).isOverdue(1e9), false);
});
