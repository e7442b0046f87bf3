import { errorChain } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { parseLoadArgs } from "./load_options.ts";

Deno.test("without arguments everything is measured, at the load of the README", () => {
  assert.deepEqual(parseLoadArgs([]), {
    viewers: 1000,
    fps: 30,
    frameBytes: 16_384,
    seconds: 15,
    scenarios: ["fan-out", "stalled", "slow", "churn"],
    workers: [],
    connects: 10_000,
    withNode: true,
    jsonFile: "",
  });
});

Deno.test("arguments are taken as they are said", () => {
  const options = parseLoadArgs(
    ["--viewers", "20", "--scenarios", "slow,churn", "--workers", "1,2", "--without-node"],
  );
  assert.equal(options.viewers, 20);
  assert.deepEqual(options.scenarios, ["slow", "churn"]);
  assert.deepEqual(options.workers, [1, 2]);
  assert.equal(options.withNode, false);
});

Deno.test("what is wrong is said, with what is allowed and how it is used", () => {
  const wrong: readonly [args: string[], message: RegExp][] = [
    [
      ["--viewers", "0"],
      /--viewers is "0"; a whole number from 1 to 20000 is allowed/,
    ],
    [["--fps", "1e1"], /--fps is "1e1"/],
    [["--seconds", ""], /--seconds is ""/],
    [["--workers", "1,x"], /--workers is "x"/],
    [["--scenarios", "fanout"], /--scenarios has "fanout"; there are fan-out, /],
    [["--verbose"], /Unknown option '--verbose'/],
  ];
  for (const [args, message] of wrong) {
    assert.throws(() => parseLoadArgs(args), (error: Error) => {
      assert.match(error.message, /^deno task bench:load/);
      assert.match(errorChain(error), message);
      return true;
    });
  }
});
