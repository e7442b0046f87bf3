import { concatenate } from "./mutation.ts";

/** Enough for what is a few KB; what is larger stays a little larger than it had to be. */
const MOST_TRIES = 2_000;

/**
 * Takes ever smaller pieces out of `input` for as long as it fails as it did (delta debugging,
 * Zeller and Hildebrandt 2002, without its complements).
 *
 * @param errorOf what an input fails with; `undefined` when it does not
 */
export async function minimize(
  input: Uint8Array,
  error: unknown,
  errorOf: (input: Uint8Array) => Promise<unknown>,
): Promise<Uint8Array> {
  const wanted = kindOf(error);
  let smallest = input;
  let tries = 0;
  for (let piece = Math.ceil(input.byteLength / 2); piece >= 1; piece = Math.floor(piece / 2)) {
    for (let at = 0; at < smallest.byteLength && tries < MOST_TRIES; tries++) {
      const without = concatenate([smallest.subarray(0, at), smallest.subarray(at + piece)]);
      if (kindOf(await errorOf(without)) === wanted) smallest = without;
      else at += piece;
    }
  }
  return smallest;
}

/** What it is called and where it comes from, without the numbers in it. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [where = ""] = /^ +at .*/m.exec(error.stack ?? "") ?? [];
  return `${error.name} ${error.message.replace(/\d+/g, "#").slice(0, 60)} ${where}`;
}
