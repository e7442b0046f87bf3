import { minimize } from "./minimize.ts";
import { Random } from "./random.ts";
import type { FuzzTarget } from "./target.ts";

/** What became of a target's inputs. */
export interface TargetReport {
  readonly name: string;
  readonly inputs: number;
  /** By outcome: `accepted`, and each code by which inputs were refused. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly seconds: number;
  /** By how much the process grew meanwhile. */
  readonly grownBytes: number;
  /** The first input that broke a promise; there the target was left. */
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly error: unknown;
  readonly seed: number;
  /** Which of the inputs it is, counted from 0. */
  readonly index: number;
  readonly input: Uint8Array;
  /** As small as it still fails in the same way. */
  readonly minimal: Uint8Array;
}

/** No input takes a thousandth of it, on any machine: what does take so long does not scale. */
const WATCHDOG_MS = 10_000;

/** Runs `inputs` inputs, or up to the first that breaks a promise. */
export async function runTarget(
  target: FuzzTarget,
  { inputs, seed }: { readonly inputs: number; readonly seed: number },
): Promise<TargetReport> {
  const outcomes = new Map<string, number>();
  const startedMs = performance.now();
  const startedBytes = Deno.memoryUsage().rss;
  let failure: Failure | undefined;
  let index = 0;
  for (; index < inputs && failure === undefined; index++) {
    const input = target.generate(new Random(seed, index));
    try {
      const outcome = attempt(target, input, seed, index);
      // Most need not be waited for, and waiting would cost more than they do.
      const name = typeof outcome === "string" ? outcome : await outcome;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    } catch (error) {
      const again = (smaller: Uint8Array) => errorOf(target, smaller, seed, index);
      failure = { error, seed, index, input, minimal: await minimize(input, error, again) };
    }
  }
  return {
    name: target.name,
    inputs: index,
    outcomes,
    seconds: (performance.now() - startedMs) / 1000,
    grownBytes: Deno.memoryUsage().rss - startedBytes,
    failure,
  };
}

function attempt(
  target: FuzzTarget,
  input: Uint8Array,
  seed: number,
  index: number,
): string | Promise<string> {
  const startedMs = performance.now();
  const outcome = target.run(input.slice(), new Random(seed, index, 1));
  if (performance.now() - startedMs > WATCHDOG_MS) throw new Error("it took more than 10 s");
  return outcome;
}

async function errorOf(
  target: FuzzTarget,
  input: Uint8Array,
  seed: number,
  index: number,
): Promise<unknown> {
  try {
    await attempt(target, input, seed, index);
    return undefined;
  } catch (error) {
    return error;
  }
}
