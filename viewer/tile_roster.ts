/** A camera whose producer is started anew keeps its place for so long. */
export const KEPT_MS = 30_000;

const BY_NAME = new Intl.Collator("en", { numeric: true });

/**
 * Which tiles a wall has, and in which order: by name, so that a camera is where it was yesterday.
 * One that is not listed any more stays for a while: its tile says what the matter is, and the others
 * stay where they are. Pure.
 */
export class TileRoster {
  readonly #listedMs = new Map<string, number>();

  /** @returns the streams to show, in order */
  update(listed: readonly string[], nowMs: number): string[] {
    for (const id of listed) this.#listedMs.set(id, nowMs);
    for (const [id, listedMs] of this.#listedMs) {
      if (nowMs - listedMs > KEPT_MS) this.#listedMs.delete(id);
    }
    return [...this.#listedMs.keys()].sort(BY_NAME.compare);
  }
}

/**
 * The stream so many places on, around the end; `undefined` where there is no other. One that is not
 * among them counts as before the first.
 */
export function neighbourOf(
  ids: readonly string[],
  id: string,
  places: number,
): string | undefined {
  const at = ids.indexOf(id);
  const from = at < 0 && places < 0 ? 0 : at;
  const next = ids[(from + places + ids.length) % Math.max(1, ids.length)];
  return next === id ? undefined : next;
}
