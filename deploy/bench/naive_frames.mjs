/*
 * Frames of the two yardsticks, `naive_deno.ts` and `naive_node.mjs`. Plain JavaScript, for Node
 * reads it too, and on its own: it starts as `SyntheticFrames` in load_frame.ts does.
 */

const HEAD = [
  ...[0x82, 0xa3, 0x70, 0x74, 0x73, 0xcf, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[0xa3, 0x73, 0x65, 0x71, 0xce, 0, 0, 0, 0],
];
const SENT_AT = 6;
const SEQ_AT = 19;
const FIRST_SEQ = 100_000;

/** Frames of one size, each with its time of sending and number in it. */
export class NaiveFrames {
  #seq = FIRST_SEQ;
  #frameBytes;

  /** @param {number} frameBytes at least the 23 of the head */
  constructor(frameBytes) {
    this.#frameBytes = frameBytes;
  }

  /** The next frame, sent now; the caller owns it. */
  next() {
    const frame = new Uint8Array(this.#frameBytes);
    frame.set(HEAD);
    const view = new DataView(frame.buffer);
    const sentUs = Math.round((performance.timeOrigin + performance.now()) * 1000);
    view.setBigUint64(SENT_AT, BigInt(sentUs));
    view.setUint32(SEQ_AT, this.#seq++);
    return frame;
  }
}

/**
 * Calls `onFrame` at an even pace, for so many seconds at most.
 *
 * @param {{ fps: number, frameBytes: number, maxSeconds: number }} pace
 * @param {(frame: Uint8Array<ArrayBuffer>) => void} onFrame
 * @returns {Promise<void>} resolves when the time is up
 */
export async function paceFrames({ fps, frameBytes, maxSeconds }, onFrame) {
  const frames = new NaiveFrames(frameBytes);
  const startMs = performance.now();
  for (let index = 0; index < fps * maxSeconds; index++) {
    const delayMs = startMs + index * 1000 / fps - performance.now();
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    onFrame(frames.next());
  }
}
