import type { Look } from "./slow_pictures.ts";
import { percentile } from "./statistics.ts";

/** A stretch of the run, ms since the epoch. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What was seen of a player in a stretch of time. */
export interface Viewing {
  /** Ages of pictures when they first showed, ms. */
  readonly paintedAgesMs: readonly number[];
  /** Ages of what showed, in each animation frame, ms: a picture that stands still grows old. */
  readonly shownAgesMs: readonly number[];
  readonly fps: number;
  /** Pictures without a readable clock, or one that is ahead of now. */
  readonly unreadable: number;
  readonly setbacks: readonly Setback[];
  readonly switches: readonly RenditionSwitch[];
}

/** A picture older than one shown before. */
export interface Setback {
  readonly atMs: number;
  readonly byMs: number;
  readonly rendition: string;
}

export interface RenditionSwitch {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
}

export interface RecoveryGoal {
  readonly p95AgeMs: number;
  readonly fps: number;
}

/** The clock counts whole ms and so do we: a picture may seem to be of a moment ago, or to come. */
const CLOCK_TOLERANCE_MS = 2;
const RECOVERY_STEP_MS = 100;
/** Less than this until the end says nothing of what stays. */
const RECOVERY_MIN_REST_MS = 3_000;

/** Judges what was seen in a stretch of time. Looks are in order of time. Pure. */
export function viewingOf(looks: readonly Look[], { fromMs, untilMs }: Span): Viewing {
  const within = looks.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs);
  const painted = within.filter(({ isNew }) => isNew);
  const good = painted.filter(isPlausible);
  return {
    paintedAgesMs: good.map(ageOf),
    shownAgesMs: within.filter(isPlausible).map(ageOf),
    fps: good.length / ((untilMs - fromMs) / 1000),
    unreadable: painted.length - good.length,
    setbacks: setbacksIn(looks).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs),
    switches: switchesIn(looks).filter(({ atMs }) => atMs >= fromMs && atMs < untilMs),
  };
}

/**
 * How long after the start of the span all is well to its end: 95 % of what shows is young enough,
 * and pictures keep coming. `undefined` when that is not so before the end.
 */
export function recoveryMs(
  looks: readonly Look[],
  { fromMs, untilMs }: Span,
  goal: RecoveryGoal,
): number | undefined {
  for (
    let startMs = fromMs;
    startMs <= untilMs - RECOVERY_MIN_REST_MS;
    startMs += RECOVERY_STEP_MS
  ) {
    const { shownAgesMs, fps } = viewingOf(looks, { fromMs: startMs, untilMs });
    if (percentile(shownAgesMs, 0.95) <= goal.p95AgeMs && fps >= goal.fps) return startMs - fromMs;
  }
  return undefined;
}

/** From the start of the span until what shows was too old for the last time, ms; 0 if it never was. */
export function lastTooOldMs(
  looks: readonly Look[],
  { fromMs, untilMs }: Span,
  maxAgeMs: number,
): number {
  const last = looks.findLast((look) =>
    look.atMs >= fromMs && look.atMs < untilMs && ageOf(look) > maxAgeMs
  );
  return last === undefined ? 0 : last.atMs - fromMs;
}

/** The changes of what the player says it shows. */
export function switchesIn(looks: readonly Look[]): RenditionSwitch[] {
  const named = looks.filter(({ rendition }) => rendition !== "");
  return named.flatMap(({ atMs, rendition: to }, index) => {
    const from = named[index - 1]?.rendition ?? to;
    return from === to ? [] : [{ atMs, from, to }];
  });
}

/** From a moment until the rendition shows, ms; 0 when it did all the time, `undefined` if never. */
export function msUntilRendition(
  looks: readonly Look[],
  rendition: string,
  sinceMs: number,
): number | undefined {
  const found = looks.find((look) => look.atMs >= sinceMs && look.rendition === rendition);
  if (found === undefined) return undefined;
  const before = looks.findLast(({ atMs }) => atMs < sinceMs);
  return before?.rendition === rendition ? 0 : found.atMs - sinceMs;
}

function ageOf({ ageMs }: Look): number {
  return ageMs ?? NaN;
}

function isPlausible({ ageMs }: Look): boolean {
  return ageMs !== undefined && ageMs >= -CLOCK_TOLERANCE_MS;
}

function setbacksIn(looks: readonly Look[]): Setback[] {
  let newestMs = -Infinity;
  return looks.filter((look) => look.isNew && isPlausible(look)).flatMap((look) => {
    const { atMs, rendition } = look;
    const byMs = newestMs - (atMs - ageOf(look));
    newestMs = Math.max(newestMs, atMs - ageOf(look));
    return byMs > CLOCK_TOLERANCE_MS ? [{ atMs, byMs, rendition }] : [];
  });
}
