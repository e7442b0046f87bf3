import { type Frame, isJpeg, renditionOf } from "@porthole/protocol";
import type { Arrival } from "./arrivals.ts";

/**
 * Frames whose numbers were passed over. What ingest discarded for this viewer it says itself; the
 * rest never came to ingest: the camera, the producer or the way between. JPEGs are thinned by
 * choice, so their numbers say nothing. Pure.
 */
export class MissingFrames {
  #rendition = "";
  #seq: number | undefined;
  #passedOver = 0;

  /** Call for each frame, in the order they come. */
  arrived(frame: Frame, arrival: Arrival): void {
    const rendition = renditionOf(frame);
    const { seq } = frame;
    const follows = arrival === "live" && rendition === this.#rendition;
    if (follows && !isJpeg(frame) && seq !== undefined && this.#seq !== undefined) {
      this.#passedOver += Math.max(0, seq - this.#seq - 1);
    }
    this.#rendition = rendition;
    this.#seq = seq;
  }

  /** The next frame follows on nothing: a new connection, or the end of a pause. */
  forget(): void {
    this.#seq = undefined;
  }

  /** @param discardedByServer what ingest says that it did not send */
  lostBeforeServer(discardedByServer: number): number {
    return Math.max(0, this.#passedOver - discardedByServer);
  }
}
