import type { CameraStatus, Frame } from "@porthole/protocol";
import { MAIN_RENDITION, renditionOf } from "@porthole/protocol";
import type { Sample } from "@porthole/protocol/metrics";
import type { CameraFailureCode } from "./camera_failure.ts";
import type { UplinkFailureCode } from "./uplink_error.ts";

/** Why the FFmpeg that makes a rendition was replaced by another. */
export type RenditionRestart = "failed" | "frozen" | "unanswered";

/** What is known elsewhere, and looked at when somebody asks. */
export interface CameraParts {
  /** Frames the uplink gave up, by rendition. */
  readonly discards: () => Iterable<{ rendition: string; behind: number; replaced: number }>;
  readonly isConnected: () => boolean;
  /** The rendition that the camera itself sends. */
  readonly own: () => string;
  /** Those that can be made of that. */
  readonly derived: readonly { readonly name: string; readonly isRunning: boolean }[];
}

/** Enough of them to have one that did not wait. */
const ROUND_TRIPS_KEPT = 32;
const CONNECTING: CameraStatus = { type: "status", state: "connecting", cause: "" };

interface Made {
  frames: number;
  bytes: number;
}

/** What is counted of one camera. */
export class CameraMetrics implements Disposable {
  readonly #observeAge: (ms: number) => void;
  readonly #forget: () => void;
  readonly #made = new Map<string, Made>();
  readonly #restarts = new Map<string, number>();
  readonly #uplinkRestarts = new Map<string, number>();
  readonly #renditionRestarts = new Map<string, Map<string, number>>();
  readonly #roundTripsMs = new Float64Array(ROUND_TRIPS_KEPT);
  #roundTrips = 0;
  #parts: CameraParts | undefined;
  /** As it was told last. */
  status: CameraStatus = CONNECTING;

  constructor(observeAge: (ms: number) => void, forget: () => void) {
    this.#observeAge = observeAge;
    this.#forget = forget;
  }

  /** Where to look from now on. */
  watch(parts: CameraParts): void {
    this.#parts = parts;
  }

  /** A frame is on its way to ingest. Called for each. */
  frame(frame: Frame): void {
    const rendition = renditionOf(frame);
    let made = this.#made.get(rendition);
    if (made === undefined) this.#made.set(rendition, made = { frames: 0, bytes: 0 });
    made.frames++;
    made.bytes += frame.data.byteLength;
  }

  /** A frame arrived, acknowledged so long after it was offered. Ten times a second a rendition. */
  delivered(delayMs: number): void {
    this.#observeAge(delayMs);
    this.#roundTripsMs[this.#roundTrips++ % ROUND_TRIPS_KEPT] = delayMs;
  }

  restarted(cause: CameraFailureCode): void {
    countOne(this.#restarts, cause);
  }

  uplinkRestarted(cause: UplinkFailureCode): void {
    countOne(this.#uplinkRestarts, cause);
  }

  renditionRestarted(rendition: string, cause: RenditionRestart): void {
    const causes = this.#renditionRestarts.get(rendition) ?? new Map<string, number>();
    countOne(causes, cause);
    this.#renditionRestarts.set(rendition, causes);
  }

  get isConnected(): boolean {
    return this.#parts?.isConnected() ?? false;
  }

  /** The shortest time of late from a frame to its ack, ms: what did not wait took no longer. */
  get roundTripMs(): number | undefined {
    if (this.#roundTrips === 0) return undefined;
    return Math.min(...this.#roundTripsMs.subarray(0, this.#roundTrips));
  }

  get frames(): Sample[] {
    return this.#ofMade(({ frames }) => frames);
  }

  get bytes(): Sample[] {
    return this.#ofMade(({ bytes }) => bytes);
  }

  get discarded(): Sample[] {
    return [...this.#parts?.discards() ?? []].flatMap(({ rendition, behind, replaced }) => [
      { labels: { rendition, cause: "behind" }, value: behind },
      { labels: { rendition, cause: "replaced" }, value: replaced },
    ]);
  }

  get restarts(): Sample[] {
    return byCause(this.#restarts);
  }

  get uplinkRestarts(): Sample[] {
    return byCause(this.#uplinkRestarts);
  }

  get renditionRestarts(): Sample[] {
    return [...this.#renditionRestarts].flatMap(([rendition, causes]) =>
      [...causes].map(([cause, value]) => ({ labels: { rendition, cause }, value }))
    );
  }

  /** The camera's own, and those made of it. */
  get running(): Sample[] {
    const name = this.#parts?.own() ?? MAIN_RENDITION;
    const own = { name, isRunning: this.status.state === "live" };
    const made = this.#parts?.derived.filter((each) => each.name !== name) ?? [];
    return [own, ...made].map(({ name, isRunning }) => ({
      labels: { rendition: name },
      value: isRunning ? 1 : 0,
    }));
  }

  [Symbol.dispose](): void {
    this.#forget();
  }

  #ofMade(valueOf: (made: Made) => number): Sample[] {
    return [...this.#made].map(([rendition, made]) => ({
      labels: { rendition },
      value: valueOf(made),
    }));
  }
}

function countOne(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function byCause(counts: ReadonlyMap<string, number>): Sample[] {
  return [...counts].map(([cause, value]) => ({ labels: { cause }, value }));
}
