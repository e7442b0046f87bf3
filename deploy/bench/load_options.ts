import { parseArgs } from "node:util";

export const SCENARIOS = ["fan-out", "stalled", "slow", "churn"] as const;
export type Scenario = (typeof SCENARIOS)[number];

export interface LoadOptions {
  readonly viewers: number;
  readonly fps: number;
  readonly frameBytes: number;
  /** Of each window. */
  readonly seconds: number;
  readonly scenarios: readonly Scenario[];
  /** Values of `INGEST_WORKERS` to measure `fan-out` with, one after the other; none: unset. */
  readonly workers: readonly number[];
  /** How often `churn` connects. */
  readonly connects: number;
  readonly withNode: boolean;
  /** Where the figures go besides, as JSON; empty for nowhere. */
  readonly jsonFile: string;
}

export const LOAD_USAGE = `\
deno task bench:load [--viewers 1000] [--fps 30] [--bytes 16384] [--seconds 15]
  [--scenarios ${SCENARIOS.join()}] [--connects 10000] [--workers 1,2] [--without-node] [--json FILE]`;

/** @throws {TypeError} that says how they are used; its cause says what is wrong */
export function parseLoadArgs(args: readonly string[]): LoadOptions {
  try {
    return optionsOf(args);
  } catch (cause) {
    throw new TypeError(`${LOAD_USAGE}\ncannot be run as given`, { cause });
  }
}

function optionsOf(args: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      viewers: { type: "string", default: "1000" },
      fps: { type: "string", default: "30" },
      bytes: { type: "string", default: "16384" },
      seconds: { type: "string", default: "15" },
      scenarios: { type: "string", default: SCENARIOS.join() },
      workers: { type: "string", default: "" },
      connects: { type: "string", default: "10000" },
      "without-node": { type: "boolean", default: false },
      json: { type: "string", default: "" },
    },
  });
  return {
    viewers: integer("viewers", values.viewers, 1, 20_000),
    fps: integer("fps", values.fps, 1, 240),
    frameBytes: integer("bytes", values.bytes, 256, 4 * 1024 * 1024),
    seconds: integer("seconds", values.seconds, 1, 600),
    scenarios: values.scenarios.split(",").map(scenario),
    workers: values.workers === ""
      ? []
      : values.workers.split(",").map((count) => integer("workers", count, 1, 64)),
    connects: integer("connects", values.connects, 1, 1_000_000),
    withNode: !values["without-node"],
    jsonFile: values.json,
  };
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new TypeError(`--${name} is "${text}"; a whole number from ${min} to ${max} is allowed`);
}

function scenario(name: string): Scenario {
  const known = SCENARIOS.find((one) => one === name);
  if (known !== undefined) return known;
  throw new TypeError(`--scenarios has "${name}"; there are ${SCENARIOS.join(", ")}`);
}
