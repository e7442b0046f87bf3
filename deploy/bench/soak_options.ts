import { MisuseError } from "@porthole/protocol/service";
import { parseArgs } from "node:util";

/** What `bench:soak` is asked for. */
export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Ingest is killed now and then, too. */
  readonly withIngest: boolean;
  /** Between two lines. */
  readonly everyS: number;
  /** In place of all that: FFmpeg is killed so many times in a row; 0 for the soak. */
  readonly restarts: number;
}

export const SOAK_USAGE = "deno task bench:soak [--minutes 10] [--seed 1] [--every 10] " +
  "[--ingest-restarts] | --restarts 100";

/** @throws {MisuseError} that says how they are used */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const values = valuesOf(args);
  return {
    minutes: numberOf("minutes", values.minutes, 0.5, 100_000),
    seed: wholeOf("seed", values.seed, 0, 2 ** 31),
    everyS: numberOf("every", values.every, 1, 600),
    restarts: wholeOf("restarts", values.restarts, 0, 100_000),
    withIngest: values["ingest-restarts"],
  };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: "string", default: "10" },
        seed: { type: "string", default: "1" },
        every: { type: "string", default: "10" },
        restarts: { type: "string", default: "0" },
        "ingest-restarts": { type: "boolean", default: false },
      },
    }).values;
  } catch (cause) {
    throw new MisuseError(`bench:soak does not know what to do; ${SOAK_USAGE}`, { cause });
  }
}

function numberOf(name: string, given: string, least: number, most: number): number {
  const value = /^\d+(\.\d+)?$/.test(given) ? Number(given) : NaN;
  if (value >= least && value <= most) return value;
  throw new MisuseError(`--${name}: given "${given}"; allowed: ${least} to ${most}; ${SOAK_USAGE}`);
}

function wholeOf(name: string, given: string, least: number, most: number): number {
  const value = numberOf(name, given, least, most);
  if (Number.isInteger(value)) return value;
  throw new MisuseError(`--${name}: given "${given}"; a whole number is needed`);
}
