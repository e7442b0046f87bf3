import assert from "node:assert/strict";
import { Random } from "./random.ts";
import { minimize } from "./minimize.ts";
import { chunked, concatenate, mutate } from "./mutation.ts";
import { runTarget } from "./run_target.ts";
import { inputsOf, printableFailure } from "./report.ts";
import { ACCEPTED, Finding, type FuzzTarget, promise } from "./target.ts";
import { TARGETS } from "./targets/all.ts";

/** Of all targets together; `deno task bench:fuzz` runs a hundred times as many. */
const INPUTS = 10_000;
const SEED = 1;

for (const make of TARGETS) {
  const name = make.name.replace(/Target$/, "");
  Deno.test(`whatever comes in, promises are kept: ${name}`, async () => {
    const target = await make();
    try {
      const inputs = inputsOf(target, INPUTS);
      const { failure, outcomes } = await runTarget(target, { inputs, seed: SEED });
      if (failure !== undefined) assert.fail(printableFailure(target.name, failure));
      assert.ok((outcomes.get(ACCEPTED) ?? 0) > inputs / 100, "hardly anything was accepted");
      assert.ok(outcomes.size > (target.name === "gop cache" ? 0 : 1), "nothing was refused");
    } finally {
      await target.close?.();
    }
  });
}

/** Breaks its promise for every input that has 7 in front of 9. */
const BROKEN: FuzzTarget = {
  name: "broken",
  perMille: 0,
  generate: (random) => random.bytes(200),
  run(input) {
    const at = input.indexOf(7);
    promise(at < 0 || !input.includes(9, at), `broken at ${at}`);
    return ACCEPTED;
  },
};

Deno.test("a broken promise is found, made small, and can be had again", async () => {
  const first = await runTarget(BROKEN, { inputs: 10_000, seed: 5 });
  assert.ok(first.failure?.error instanceof Finding);
  assert.deepEqual([...first.failure.minimal], [7, 9]);
  const again = await runTarget(BROKEN, { inputs: 10_000, seed: 5 });
  assert.deepEqual(again.failure?.input, first.failure.input);
  assert.match(
    printableFailure("broken", first.failure),
    /^ {2}0709$[^]*--seed 5 --only "broken"/m,
  );
});

Deno.test("an error of another kind is another finding", async () => {
  const errorOf = (input: Uint8Array) =>
    Promise.resolve(
      input.includes(1) ? new TypeError("one") : input.includes(2) ? new Finding("two") : undefined,
    );
  const smallest = await minimize(Uint8Array.of(5, 1, 2, 6), new TypeError("one"), errorOf);
  assert.ok(smallest.includes(1));
});

Deno.test("the shares of all targets are all there is", async () => {
  let sum = 0;
  for (const make of TARGETS) {
    const target = await make();
    sum += target.perMille;
    await target.close?.();
  }
  assert.equal(sum, 1000);
});

Deno.test("chance comes again with its seeds, and only with them", () => {
  const draw = (...seeds: number[]) => new Random(...seeds).bytes(16).toHex();
  assert.equal(draw(1, 2), draw(1, 2));
  assert.notEqual(draw(1, 2), draw(1, 3));
  assert.notEqual(draw(1, 2), draw(2, 1));
});

Deno.test("pieces are all of it, in order, and mutations leave their source alone", () => {
  for (let index = 0; index < 500; index++) {
    const random = new Random(3, index);
    const bytes = random.bytes(random.below(3_000));
    const before = bytes.toHex();
    assert.equal(concatenate(chunked(bytes, random)).toHex(), before);
    if (bytes.byteLength > 0) mutate(bytes, random);
    assert.equal(bytes.toHex(), before);
  }
});
