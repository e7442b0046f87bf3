import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { parseSoakOptions } from "./soak_options.ts";

Deno.test("without options it is ten minutes of seed 1", () => {
  assert.deepEqual(parseSoakOptions([]), {
    minutes: 10,
    seed: 1,
    everyS: 10,
    restarts: 0,
    withIngest: false,
  });
});

Deno.test("all can be given", () => {
  const args = "--minutes 0.5 --seed 42 --every 20 --restarts 100 --ingest-restarts".split(" ");
  assert.deepEqual(parseSoakOptions(args), {
    minutes: 0.5,
    seed: 42,
    everyS: 20,
    restarts: 100,
    withIngest: true,
  });
});

Deno.test("what is no number, out of bounds or unknown is refused, with the usage", () => {
  for (const args of [["--minutes", "ten"], ["--minutes", "0"], ["--seed", "1.5"], ["--what"]]) {
    assert.throws(() => parseSoakOptions(args), MisuseError);
  }
});
