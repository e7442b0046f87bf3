import { eventually, type PlayerPage } from "./browser.ts";

/**
 * What a machine that runs everything at once may take, in targets: a test asks whether a thing
 * works, a bench how fast it is.
 */
const TOLERANCE = 3;
/** A picture is of now: decoders, pages and a busy machine take their time. */
const MAX_AGE_MS = 1_500;
const LOOK_MS = 150;

export interface Recovery {
  /** `camera killed, picture` */
  readonly what: string;
  /** On a quiet machine. */
  readonly targetMs: number;
  /** `performance.now()` when the fault ended. */
  readonly sinceMs: number;
}

/**
 * Waits until `check` is true and prints, for the record, how long that took from the fault's end.
 *
 * @returns ms
 * @throws {Error} when it takes longer than the target and three times that
 */
export async function recovers(
  { what, targetMs, sinceMs }: Recovery,
  check: () => Promise<true | string> | true | string,
): Promise<number> {
  const leftMs = sinceMs + targetMs * TOLERANCE - performance.now();
  await eventually(`${what} is back`, Math.max(0, leftMs), check);
  const tookMs = performance.now() - sinceMs;
  const line = `recovery: ${what} ${Math.round(tookMs)} ms, target ${targetMs} ms\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
  return tookMs;
}

/**
 * Whether a player says that it is live, and the camera's clock in its picture says so too.
 *
 * @param afterMs since the epoch: the picture was made later than that
 */
export async function showsNow(
  page: PlayerPage,
  stream = "default",
  afterMs = 0,
): Promise<true | string> {
  const state = await page.stateOrAbsence(stream);
  if (state === "absent") return state;
  if (state !== "live") return `it is ${state}: ${await page.message(stream)}`;
  const { ageMs = Infinity, atMs = 0 } = (await page.watchClock(LOOK_MS, stream)).at(-1) ?? {};
  return (ageMs < MAX_AGE_MS && atMs - ageMs > afterMs) ||
    `its picture is ${ageMs.toFixed(0)} ms old`;
}
