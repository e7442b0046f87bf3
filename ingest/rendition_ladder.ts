import {
  JPEG_RENDITION,
  LOW_RENDITION,
  MAIN_RENDITION,
  SOURCE_RENDITION,
} from "@porthole/protocol";
import { decodesVideo, type ViewerWish } from "./viewer_wish.ts";

/** A rendition that can be had; without measures while it does not run. */
export interface RenditionOption {
  readonly name: string;
  readonly isRunning: boolean;
  readonly isJpeg: boolean;
  readonly isH265?: boolean;
  /** It comes with the camera, which is opened for who wants it. */
  readonly opensCamera?: boolean;
  readonly kbps?: number;
  readonly fps?: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
}

/** What a viewer may be given, by what it plays and wants. */
export interface Ladder {
  /** All that the viewer can play. */
  readonly playable: readonly RenditionOption[];
  /** What it may be given by itself, best first. */
  readonly allowed: readonly RenditionOption[];
  readonly best: RenditionOption | undefined;
}

/** A rendition is only tried on a link that carries this much more. */
const HEAD_ROOM = 1.25;
/** A measured bitrate goes up and down: a viewer's own limit is not meant to the last bit. */
const TOLERANCE = 1.1;
/** What they are made to need at most, until they are measured. */
const KBPS_ON_DEMAND: ReadonlyMap<string, number> = new Map([
  [LOW_RENDITION, 400],
  [MAIN_RENDITION, 4_000],
]);

/** @param comes not for one that was wanted and never came */
export function ladderOf(
  options: readonly RenditionOption[],
  comes: (option: RenditionOption) => boolean,
  wish: ViewerWish,
): Ladder {
  const playable = options.filter((option) => plays(wish, option) && comes(option));
  const hasCome = options.some(({ isJpeg, isRunning, opensCamera = false }) =>
    opensCamera || (isRunning && !isJpeg)
  );
  const steps = stepsOf(playable, wish, hasCome);
  const fitting = steps.filter((option) => fits(option, wish));
  return {
    playable,
    best: steps[0],
    allowed: fitting.length > 0 ? fitting : steps.slice(-1),
  };
}

function plays(wish: ViewerWish, { isJpeg, isH265 = false }: RenditionOption): boolean {
  return isJpeg || (isH265 ? wish.decodesH265 ?? false : wish.decodesH264);
}

/**
 * Best first. What is made on demand is no reason to wait where the camera has not come itself,
 * unless it is the camera that is opened on demand. Nobody is given the H.264 that is made of the
 * source by itself who plays the source: it is the same picture, of more bits, and the making costs
 * most of a core.
 */
function stepsOf(
  playable: readonly RenditionOption[],
  wish: ViewerWish,
  hasCome: boolean,
): RenditionOption[] {
  const jpegs = playable.filter(({ isJpeg }) => isJpeg);
  const playsSource = playable.some(({ name }) => name === SOURCE_RENDITION);
  const video = playable.filter(({ name, isJpeg }) =>
    !isJpeg && !(playsSource && name === MAIN_RENDITION)
  );
  if (!decodesVideo(wish) || hasCome && video.length === 0) return jpegs;
  if (!hasCome) return jpegs.filter(({ isRunning }) => isRunning);
  return video.sort((a, b) => rank(a) - rank(b) || kbpsOf(b) - kbpsOf(a));
}

/** Others come before the last. */
const RANKS: readonly string[] = [SOURCE_RENDITION, MAIN_RENDITION, LOW_RENDITION];

/** By name first: a bitrate that is measured falls to nothing while a camera is away. */
function rank({ name }: RenditionOption): number {
  const known = RANKS.indexOf(name);
  return known < 0 ? RANKS.indexOf(LOW_RENDITION) - 0.5 : known;
}

function fits(option: RenditionOption, wish: ViewerWish): boolean {
  const { maxKbps = Infinity, maxWidthPx = Infinity, maxHeightPx = Infinity } = wish;
  return kbpsOf(option) <= maxKbps * TOLERANCE && (option.widthPx ?? 0) <= maxWidthPx &&
    (option.heightPx ?? 0) <= maxHeightPx;
}

/** As measured, or the most that it is made to need. */
export function kbpsOf({ name, kbps, isRunning }: RenditionOption): number {
  if (isRunning && kbps !== undefined) return kbps;
  return KBPS_ON_DEMAND.get(name) ?? Infinity;
}

/** What a link is to carry before it is tried. */
export function neededKbps(option: RenditionOption): number {
  return kbpsOf(option) * HEAD_ROOM;
}

/** What a viewer will get once somebody publishes. */
export function expected(
  options: readonly RenditionOption[],
  wish: ViewerWish,
): RenditionOption {
  const isJpeg = !decodesVideo(wish) || wish.selected === JPEG_RENDITION;
  // Where that is made on demand, something else is going to come by itself.
  const isMainMade = options.some(({ name }) => name === MAIN_RENDITION);
  const video = wish.decodesH265 && isMainMade ? SOURCE_RENDITION : MAIN_RENDITION;
  return { name: isJpeg ? JPEG_RENDITION : video, isRunning: false, isJpeg };
}
