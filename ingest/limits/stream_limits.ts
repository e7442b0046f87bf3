import type { PublishLimits } from "./publish_rate.ts";

/** Bounds of what is published. */
export interface StreamLimits {
  /** Published at once. */
  readonly maxStreams: number;
  /** Of the pictures kept for who joins, of all streams together. */
  readonly maxCacheBytes: number;
  readonly publish: PublishLimits;
}
