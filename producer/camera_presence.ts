import type { CameraFailureCode } from "./camera_failure.ts";

/** These alone show that nobody was there; the others may have many causes. */
const SHOWS_ABSENCE: ReadonlySet<CameraFailureCode> = new Set(["refused", "unknown_host"]);

/**
 * Tells from knocks at the camera's door, while it is left alone, that it has come back, so that it
 * is tried at once and not when the delay is over.
 *
 * Only a camera that was away can come back: one that answers all the time and still gives no
 * picture has another trouble, which knocking says nothing of. Pure.
 */
export class CameraPresence {
  #isAway = false;
  #hasComeBack = false;

  /** An attempt failed; were it made because the camera came back, absence is not its trouble. */
  failed(code: CameraFailureCode): void {
    this.#isAway = SHOWS_ABSENCE.has(code) && !this.#hasComeBack;
    this.#hasComeBack = false;
  }

  /** @returns whether it is there again, after it was not */
  knocked(isAnswered: boolean): boolean {
    const isBack = isAnswered && this.#isAway;
    this.#isAway = !isAnswered;
    this.#hasComeBack = isBack;
    return isBack;
  }
}
