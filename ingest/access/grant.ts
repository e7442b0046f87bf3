/** What somebody may be allowed to do. */
export type Right = "publish" | "watch" | "operate";

/** In the place of a stream's id: all of them. No id looks like it. */
export const EVERY_STREAM = "*";

/** What somebody is allowed to do, and until when. */
export interface Grant {
  /** Ids of streams, or {@link EVERY_STREAM}. */
  readonly publish: ReadonlySet<string>;
  readonly watch: ReadonlySet<string>;
  /** Metrics, and who watches. */
  readonly operate: boolean;
  /** Ms since the epoch by the wall clock, exclusive; `undefined` for ever. */
  readonly expiresAtMs: number | undefined;
}

const ALL: ReadonlySet<string> = new Set([EVERY_STREAM]);
const NONE: ReadonlySet<string> = new Set();

/** Where nobody is asked who they are. */
export const ANYONE: Grant = { publish: ALL, watch: ALL, operate: true, expiresAtMs: undefined };

/** Whoever has `PUBLISH_TOKEN`. */
export const PUBLISHER: Grant = {
  publish: ALL,
  watch: NONE,
  operate: true,
  expiresAtMs: undefined,
};

/** Whoever knows `WATCH_PASSWORD`. */
export function watcherUntil(expiresAtMs: number): Grant {
  return { publish: NONE, watch: ALL, operate: false, expiresAtMs };
}

/** Whether `right` is given for any stream at all. */
export function permitsSome(grant: Grant, right: Right): boolean {
  return right === "operate" ? grant.operate : grant[right].size > 0;
}

export function permits(grant: Grant, right: Right, streamId: string): boolean {
  if (right === "operate") return grant.operate;
  return grant[right].has(EVERY_STREAM) || grant[right].has(streamId);
}
