/**
 * Puts to the test whatever takes bytes from outside, with inputs by the million that are nearly
 * right: `deno task bench:fuzz [--runs N] [--seed S] [--only NAME]`. Prints a line a target and ends
 * with 1 where a promise was broken, with the input that did it.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { inputsOf, printableFailure, REPORT_HEAD, reportLine } from "./fuzz/report.ts";
import { runTarget } from "./fuzz/run_target.ts";
import { TARGETS } from "./fuzz/targets/all.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    runs: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    only: { type: "string" },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed);
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(seed)) {
  throw new RangeError("--runs is a whole number above 0, --seed one of any size");
}

const say = (text: string) => Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
let isClean = true;
await say(`seed ${seed}\n${REPORT_HEAD}`);
for (const make of TARGETS) {
  const target = await make();
  try {
    if (values.only !== undefined && values.only !== target.name) continue;
    const inputs = inputsOf(target, runs);
    const report = await runTarget(target, { inputs, seed });
    await say(reportLine(report));
    if (report.failure === undefined) continue;
    isClean = false;
    await say(printableFailure(target.name, report.failure));
  } finally {
    await target.close?.();
  }
}
Deno.exit(isClean ? 0 : 1);
