import assert from "node:assert/strict";
import { GONE_AFTER_MS, GoneChoice } from "./gone_choice.ts";
import { LIVE_REPORT } from "./testing/reports.ts";

const WITHOUT_LOW = { ...LIVE_REPORT, selectable: ["main"] };

Deno.test("a choice is given up when it has been gone for a while, and not when it comes back", () => {
  const choice = new GoneChoice();
  assert.equal(choice.isGivenUp("low", WITHOUT_LOW, 0), false);
  assert.equal(choice.isGivenUp("low", WITHOUT_LOW, GONE_AFTER_MS - 1), false);
  const back = { ...LIVE_REPORT, selectable: ["main", "low"] };
  assert.equal(choice.isGivenUp("low", back, GONE_AFTER_MS), false);
  assert.equal(choice.isGivenUp("low", WITHOUT_LOW, GONE_AFTER_MS + 1), false);
  assert.equal(choice.isGivenUp("low", WITHOUT_LOW, 2 * GONE_AFTER_MS + 1), true);
});
