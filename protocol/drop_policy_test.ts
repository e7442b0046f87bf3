import assert from "node:assert/strict";
import * as fc from "fast-check";
import { type Backlog, type BacklogBounds, DropPolicy } from "./drop_policy.ts";

const BOUNDS: BacklogBounds = { maxBytes: 1000, maxAgeMs: 200 };
const EMPTY: Backlog = { bytes: 0, ageMs: 0 };
const OVER_BY_BYTES: Backlog = { bytes: 1001, ageMs: 0 };
const OVER_BY_AGE: Backlog = { bytes: 1, ageMs: 201 };

interface Step {
  readonly key: boolean;
  readonly backlog: Backlog;
  readonly restart: boolean;
}

const backlog = fc.record({ bytes: fc.nat(2000), ageMs: fc.nat(400) });
const step: fc.Arbitrary<Step> = fc.record({
  key: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.boolean()),
  backlog: fc.oneof(backlog, fc.constant(EMPTY)),
  restart: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.constant(true)),
});

function run(steps: readonly Step[]): boolean[] {
  const policy = new DropPolicy(BOUNDS);
  return steps.map(({ key, backlog, restart }) => {
    if (restart) policy.restart();
    return policy.admit(key, backlog);
  });
}

function isOver({ bytes, ageMs }: Backlog): boolean {
  return bytes > 0 && (bytes > BOUNDS.maxBytes || ageMs > BOUNDS.maxAgeMs);
}

Deno.test("what is admitted starts with a keyframe and has no gap inside a GOP", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const admitted = run(steps);
      steps.forEach(({ key, restart }, index) => {
        if (!admitted[index] || key) return;
        assert.ok(!restart, "a delta frame right after a restart");
        assert.ok(admitted[index - 1], `delta frame ${index} without the frame before it`);
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("nothing is admitted over the bounds, and every keyframe within them is", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const admitted = run(steps);
      steps.forEach(({ key, backlog }, index) => {
        if (isOver(backlog)) assert.equal(admitted[index], false);
        else if (key) assert.equal(admitted[index], true);
      });
    }),
    { numRuns: 500 },
  );
});

Deno.test("a receiver that keeps up loses nothing after its first keyframe", () => {
  fc.assert(fc.property(fc.array(fc.boolean()), (keys) => {
    const admitted = run(keys.map((key) => ({ key, backlog: EMPTY, restart: false })));
    const first = keys.indexOf(true);
    admitted.forEach((yes, index) => assert.equal(yes, first >= 0 && index >= first));
  }));
});

Deno.test("an empty link admits any keyframe, whatever its age says", () => {
  const policy = new DropPolicy({ maxBytes: 0, maxAgeMs: 0 });
  assert.ok(policy.admit(true, { bytes: 0, ageMs: 1e9 }));
});

Deno.test("the bounds themselves are still within them", () => {
  const policy = new DropPolicy(BOUNDS);
  assert.ok(policy.admit(true, { bytes: 1000, ageMs: 200 }));
  assert.ok(!policy.isOver({ bytes: 1000, ageMs: 200 }));
  assert.ok(policy.isOver(OVER_BY_BYTES));
  assert.ok(policy.isOver(OVER_BY_AGE));
});

Deno.test("one discarded delta frame costs the rest of its GOP, and no more", () => {
  for (const over of [OVER_BY_BYTES, OVER_BY_AGE]) {
    const policy = new DropPolicy(BOUNDS);
    assert.ok(policy.admit(true, EMPTY));
    assert.equal(policy.waitsForKeyframe, false);
    assert.ok(!policy.admit(false, over));
    assert.equal(policy.waitsForKeyframe, true);
    assert.ok(!policy.admit(false, EMPTY));
    assert.ok(!policy.admit(true, over), "a keyframe finds no room either");
    assert.ok(!policy.admit(false, EMPTY));
    assert.ok(policy.admit(true, EMPTY));
    assert.ok(policy.admit(false, EMPTY));
  }
});

Deno.test("after a whole GOP given some other way, delta frames may follow, within the bounds", () => {
  const policy = new DropPolicy(BOUNDS);
  policy.begin();
  assert.equal(policy.waitsForKeyframe, false);
  assert.ok(policy.admit(false, EMPTY));
  assert.ok(!policy.admit(false, OVER_BY_BYTES));
  assert.ok(!policy.admit(false, EMPTY));
});

Deno.test("after a restart the next frame must be a keyframe", () => {
  const policy = new DropPolicy(BOUNDS);
  assert.ok(policy.admit(true, EMPTY));
  policy.restart();
  assert.equal(policy.waitsForKeyframe, true);
  assert.ok(!policy.admit(false, EMPTY));
  assert.ok(policy.admit(true, EMPTY));
});
