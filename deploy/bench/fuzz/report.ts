import type { Failure, TargetReport } from "./run_target.ts";
import { ACCEPTED, type FuzzTarget } from "./target.ts";

const LONGEST_DUMP_BYTES = 400;

/** A target's share of the inputs of all. */
export function inputsOf({ perMille }: FuzzTarget, inputsOfAll: number): number {
  return Math.ceil(inputsOfAll * perMille / 1000);
}

/** The seed, the input as small as it could be made, and how to have it again. */
export function printableFailure(
  name: string,
  { error, seed, index, input, minimal }: Failure,
): string {
  const dump = minimal.subarray(0, LONGEST_DUMP_BYTES).toHex();
  const rest = minimal.byteLength - LONGEST_DUMP_BYTES;
  return [
    `${name}: ${error instanceof Error ? error.stack : String(error)}`,
    `input ${index} of seed ${seed}, ${input.byteLength} bytes, made as small as ${minimal.byteLength}:`,
    `  ${dump}${rest > 0 ? ` and ${rest} bytes more` : ""}`,
    `again: deno task bench:fuzz --seed ${seed} --only "${name}" --runs …, at least as many as now`,
  ].join("\n");
}

export const REPORT_HEAD =
  `${"target".padEnd(14)}${"inputs".padStart(9)}${"accepted".padStart(10)}${"s".padStart(7)}` +
  `${"MB grown".padStart(10)}  refused`;

/** A line of the table. */
export function reportLine({ name, inputs, outcomes, seconds, grownBytes }: TargetReport): string {
  const refused = [...outcomes]
    .filter(([outcome]) => outcome !== ACCEPTED)
    .sort(([, a], [, b]) => b - a)
    .map(([outcome, count]) => `${outcome} ${count}`);
  return name.padEnd(14) + String(inputs).padStart(9) +
    String(outcomes.get(ACCEPTED) ?? 0).padStart(10) + seconds.toFixed(1).padStart(7) +
    (grownBytes / 2 ** 20).toFixed(0).padStart(10) + `  ${refused.join(", ")}`;
}
