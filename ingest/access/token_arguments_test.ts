import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { claimsFromArguments } from "./token_arguments.ts";

const NOW_MS = 1_800_000_000_500;
const NOW_S = 1_800_000_000;

Deno.test("a token says what the words say", () => {
  const words = ["--", "--watch", "door", "--watch", "*", "--publish=yard", "--operate"];
  assert.deepEqual(claimsFromArguments([...words, "--expires", "90m"], NOW_MS), {
    watch: ["door", "*"],
    publish: ["yard"],
    operate: true,
    exp: NOW_S + 90 * 60,
  });
});

Deno.test("thirty days, unless another time is given", () => {
  const expiryOf = (...words: string[]) =>
    claimsFromArguments(["--watch", "a", ...words], NOW_MS).exp - NOW_S;
  assert.equal(expiryOf(), 30 * 24 * 3600);
  assert.equal(expiryOf("--expires", "45s"), 45);
  assert.equal(expiryOf("--expires", "2h"), 7200);
  assert.equal(expiryOf("--expires", "1d"), 24 * 3600);
});

for (
  const words of [
    [],
    ["--watch", "Door"],
    ["--watch", "../door"],
    ["--watch", ""],
    ["--watch"],
    ["--publish", "door*"],
    ["--watch", "a", "--expires", "30"],
    ["--watch", "a", "--expires", "0s"],
    ["--watch", "a", "--expires", "-1d"],
    ["--watch", "a", "--expires", "1y"],
    ["--watch", "a", "--expires", "999999999d"],
    ["--admin"],
    ["door"],
  ]
) {
  Deno.test(`"${words.join(" ")}" is refused, with how to say it`, () => {
    assert.throws(() => claimsFromArguments(words, NOW_MS), (error) => {
      assert.ok(error instanceof MisuseError);
      assert.match(error.message, /deno task token --watch/);
      return true;
    });
  });
}
