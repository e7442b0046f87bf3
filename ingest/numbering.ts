import type { Frame } from "@porthole/protocol";

/**
 * How the numbers of one rendition go on, as whoever gets every frame of it sees them: a step says
 * that its publisher discarded frames, a number that has been that it sends them again. Pure.
 */
export class Numbering {
  #newestSeq: number | undefined;
  #newestTimestamp = -Infinity;

  /**
   * @returns by how much the frame carries the numbers on: 1, one more for each frame that is missing
   * before it, 0 for one that came before; 1 for a publisher that counts anew
   */
  advance({ seq, timestamp }: Frame): number {
    if (seq === undefined) return 1;
    const before = this.#newestSeq;
    const isAgain = before !== undefined && seq <= before && timestamp <= this.#newestTimestamp;
    if (isAgain) return 0;
    this.#newestSeq = seq;
    this.#newestTimestamp = timestamp;
    return before === undefined || seq <= before ? 1 : seq - before;
  }
}
