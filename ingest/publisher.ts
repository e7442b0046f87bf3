import type { CameraStatus, IngestToProducerMessage } from "@porthole/protocol";

/** The producer's side of a live publish, as its hub sees it. */
export interface Publisher {
  /** Renditions it makes on demand. */
  readonly offers: readonly string[];
  /** What people call the camera, if it said so. */
  readonly name: string | undefined;
  readonly camera: CameraStatus | undefined;
  /** Its clock minus ours, ms. */
  readonly clockOffsetMs: number;
  /** There and back, ms; `undefined` where it is not known. */
  readonly roundTripMs?: number | undefined;
  /** Nothing was heard of it for longer than a living one is ever silent. */
  isGone(nowMs: number): boolean;
  send(message: IngestToProducerMessage): void;
  close(code: string, reason: string): void;
}
