import type { OutboundFrame } from "./outbound_frame.ts";

/** Two seconds at 30 fps. */
const MANY_FRAMES = 60;
/** Where they were more, so many are no reason yet to think that they are not going to be again. */
const FEW_FRAMES = 45;
/** So many pictures a browser decodes as soon as its decoder is ready: nobody waits for that. */
const QUICK_FRAMES = 20;
/** Cameras that send keyframes as the picture moves change their mind often. */
const STAYS_HIGH_MS = 30_000;
/** What is shown for a moment may be so much older than what follows. */
const MAX_PREVIEW_AGE_MS = 1_000;

/**
 * What it costs a viewer to join a rendition: the pictures since the keyframe, all of which it has
 * to decode before it can show the newest. They count, not the time they took to come: that is what
 * a decoder needs its time for, and it stays the same when a camera stalls or sets its clock. Pure.
 */
export class JoinCost {
  /** Of the GOP that is coming, and of the one before it. */
  #frames = 0;
  #framesBefore = 0;
  #highUntilMs = -Infinity;

  /** Once a frame. */
  count(isKey: boolean): void {
    if (isKey) {
      this.#framesBefore = this.#frames;
      this.#frames = 0;
    }
    this.#frames++;
  }

  /** Whether who joins is kept waiting, now or at a later part of a GOP; call it now and then. */
  isHigh(nowMs: number): boolean {
    const frames = Math.max(this.#frames, this.#framesBefore);
    const wasHigh = nowMs < this.#highUntilMs;
    if (frames > (wasHigh ? FEW_FRAMES : MANY_FRAMES)) this.#highUntilMs = nowMs + STAYS_HIGH_MS;
    return nowMs < this.#highUntilMs;
  }
}

/** A rendition as who joins it finds it. */
export interface Joinable {
  readonly hasFrames: boolean;
  /** When the newest frame came. */
  readonly lastMs: number | undefined;
  /** The current GOP; empty when there is none to be had, and the next keyframe has to be awaited. */
  readonly gop: readonly OutboundFrame[];
}

/** Whether who joins `wanted` had better be shown the GOP of `other` first. Pure. */
export function showsSooner(other: Joinable, wanted: Joinable): boolean {
  const [keyframe] = other.gop;
  if (keyframe === undefined || keyframe.isJpeg || !wanted.hasFrames) return false;
  if ((wanted.lastMs ?? 0) - (other.lastMs ?? 0) > MAX_PREVIEW_AGE_MS) return false;
  if (wanted.gop.length === 0) return true;
  return wanted.gop.length > Math.max(QUICK_FRAMES, other.gop.length);
}
