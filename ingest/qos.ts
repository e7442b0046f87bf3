import {
  expected,
  kbpsOf,
  type Ladder,
  ladderOf,
  neededKbps,
  type RenditionOption,
} from "./rendition_ladder.ts";
import { decodesVideo, type ViewerWish } from "./viewer_wish.ts";

/** How it has been going since the decision before. */
export interface LinkFacts {
  /** How late the oldest frame on the way is, beyond what the way itself takes, ms. */
  readonly lateMs: number;
  /** Frames that were not sent because the viewer was behind. */
  readonly discarded: number;
  /** Frames that the viewer received and could not decode in time. */
  readonly undecoded: number;
}

export interface QosFacts {
  readonly wish: ViewerWish;
  readonly options: readonly RenditionOption[];
  readonly link: LinkFacts;
}

export interface QosDecision {
  readonly rendition: string;
  /** Frames a second the viewer is to get at most; 0 for all there are. */
  readonly maxFps: number;
  /** For people to read. */
  readonly reason: string;
  /** The link fell behind just now: more of what it gets would only be later. */
  readonly isRetreat: boolean;
}

/** Bounds on how fast it changes its mind. */
interface QosTiming {
  /** So late for so long is too late. */
  readonly lateMs: number;
  readonly lateForMs: number;
  /** A change gets so long to show what it does. */
  readonly settleMs: number;
  /** Head room for so long before a better rendition is tried. */
  readonly calmMs: number;
  /** The same where the viewer's decoder was too slow, which no probe can show to be quicker now. */
  readonly calmDecoderMs: number;
  /** After a try that failed, longer each time, up to this. */
  readonly maxCalmMs: number;
  /** A try that lasted so long has succeeded. */
  readonly provenMs: number;
  /** The time between two probes of the link. */
  readonly probeEveryMs: number;
}

const TIMING: QosTiming = {
  lateMs: 300,
  lateForMs: 400,
  settleMs: 1_000,
  calmMs: 5_000,
  calmDecoderMs: 30_000,
  maxCalmMs: 60_000,
  provenMs: 30_000,
  probeEveryMs: 5_000,
};

/** A probe is due a little before the head room has lasted, so that its answer is there by then. */
const PROBE_AHEAD_MS = 1_000;
const JPEG_ONLY = "this browser gets JPEG only";

type Trouble = "link" | "decoder";

/**
 * Which rendition a viewer gets, and why. Pure: told how it goes, and the time.
 *
 * Down at once when the viewer falls behind; up after a while of head room and only when the link
 * was shown to carry it, so that a steady link does not flap. SPEC.md, "Quality".
 */
export class Qos {
  #current: string | undefined;
  #changedMs = -Infinity;
  #lateSinceMs: number | undefined;
  #calmSinceMs: number;
  #calmNeededMs: number;
  #wentUpMs = -Infinity;
  /** Why it is not on the best; `undefined` while it is. */
  #trouble: Trouble | undefined;
  #isPinned = false;
  #isBest = false;
  /** What was decided for these very facts and holds while nothing is wrong: most of the time. */
  #settled: (Pick<QosFacts, "options" | "wish"> & { decision: QosDecision }) | undefined;
  #probedMs = -Infinity;
  #shownKbps: number | undefined;
  /** Renditions that were wanted and never came, and until when they are not asked for again. */
  readonly #missing = new Map<string, number>();

  constructor(nowMs: number) {
    this.#calmSinceMs = nowMs;
    this.#calmNeededMs = TIMING.calmMs;
  }

  decide(facts: QosFacts, nowMs: number): QosDecision {
    const { wish, options, link } = facts;
    const trouble = this.#troubleOf(link, nowMs);
    const settled = this.#settled;
    if (trouble === undefined && settled?.options === options && settled.wish === wish) {
      return settled.decision;
    }
    const decision = this.#decideAnew(facts, trouble, nowMs);
    const isSettled = this.#isPinned || this.#isBest;
    this.#settled = isSettled ? { options, wish, decision } : undefined;
    return decision;
  }

  #decideAnew(facts: QosFacts, trouble: Trouble | undefined, nowMs: number): QosDecision {
    const { wish } = facts;
    const ladder = this.#ladder(facts, nowMs);
    const pinned = ladder.playable.find(({ name }) => name === wish.selected);
    if (pinned !== undefined) {
      this.#isPinned = true;
      return this.#take(pinned, "selected by hand", wish, nowMs);
    }
    if (this.#isPinned) this.#current = undefined;
    this.#isPinned = false;
    const { allowed } = ladder;
    const [best] = allowed;
    this.#isBest = false;
    if (best === undefined) return this.#takeExpected(facts, nowMs);
    const at = allowed.findIndex(({ name }) => name === this.#current);
    const chosen = at < 0
      ? best
      : trouble === undefined
      ? this.#better(allowed, at, nowMs) ?? allowed[at] ?? best
      : this.#worse(allowed, at, trouble, nowMs) ?? allowed[at] ?? best;
    this.#isBest = chosen === best;
    if (this.#isBest) this.#trouble = undefined;
    const isRetreat = trouble === "link" && allowed.indexOf(chosen) > at;
    return {
      ...this.#take(chosen, this.#reasonFor(chosen, ladder, facts), wish, nowMs),
      isRetreat,
    };
  }

  /** What the link should be shown to carry now, kbps; `undefined` for no need to know. */
  wantedProbeKbps(facts: QosFacts, nowMs: number): number | undefined {
    if (this.#isPinned || this.#trouble !== "link") return undefined;
    if (nowMs - this.#calmSinceMs < this.#calmNeededMs - PROBE_AHEAD_MS) return undefined;
    if (nowMs - this.#probedMs < TIMING.probeEveryMs) return undefined;
    const { allowed } = this.#ladder(facts, nowMs);
    const better = allowed[allowed.findIndex(({ name }) => name === this.#current) - 1];
    return better === undefined || kbpsOf(better) === Infinity ? undefined : neededKbps(better);
  }

  /** The link carried so much for a moment. */
  probed(kbps: number, nowMs: number): void {
    this.#probedMs = nowMs;
    this.#shownKbps = kbps;
  }

  /** A rendition that was decided on did not come. */
  didNotCome(rendition: string, nowMs: number): void {
    this.#missing.set(rendition, nowMs + TIMING.maxCalmMs);
  }

  #better(
    allowed: readonly RenditionOption[],
    at: number,
    nowMs: number,
  ): RenditionOption | undefined {
    const better = allowed[at - 1];
    if (better === undefined) return undefined;
    // It was on less for its own limits, or because the better one had yet to come.
    if (this.#trouble === undefined) return allowed[0];
    if (nowMs - this.#calmSinceMs < this.#calmNeededMs) return undefined;
    // A decoder cannot be probed: it is tried.
    const isShown = this.#trouble !== "link" || (this.#shownKbps ?? 0) >= neededKbps(better);
    if (!isShown) return undefined;
    this.#wentUpMs = nowMs;
    return better;
  }

  #worse(
    allowed: readonly RenditionOption[],
    at: number,
    trouble: Trouble,
    nowMs: number,
  ): RenditionOption | undefined {
    const { settleMs, calmMs, calmDecoderMs, maxCalmMs, provenMs } = TIMING;
    const [current, worse] = [allowed[at], allowed[at + 1]];
    if (current === undefined || worse === undefined) return undefined;
    if (nowMs - this.#changedMs < settleMs || kbpsOf(worse) > kbpsOf(current)) return undefined;
    const leastMs = trouble === "link" ? calmMs : calmDecoderMs;
    const wasProven = nowMs - this.#wentUpMs > provenMs;
    const failedMs = wasProven ? 0 : this.#calmNeededMs * 2;
    this.#calmNeededMs = Math.max(leastMs, Math.min(maxCalmMs, failedMs));
    this.#trouble = trouble;
    this.#shownKbps = undefined;
    return worse;
  }

  #troubleOf({ lateMs, discarded, undecoded }: LinkFacts, nowMs: number): Trouble | undefined {
    const { lateMs: tooLateMs, lateForMs } = TIMING;
    if (lateMs <= tooLateMs) this.#lateSinceMs = undefined;
    else this.#lateSinceMs ??= nowMs;
    const isLate = this.#lateSinceMs !== undefined;
    if (isLate || discarded > 0 || undecoded > 0) this.#calmSinceMs = nowMs;
    if (discarded > 0 || isLate && nowMs - (this.#lateSinceMs ?? nowMs) >= lateForMs) return "link";
    return undecoded > 0 ? "decoder" : undefined;
  }

  #take(option: RenditionOption, reason: string, wish: ViewerWish, nowMs: number): QosDecision {
    if (option.name !== this.#current) {
      this.#current = option.name;
      this.#changedMs = nowMs;
      this.#calmSinceMs = nowMs;
      this.#lateSinceMs = undefined;
    }
    const maxFps = option.isJpeg ? wish.maxFps ?? 0 : 0;
    return { rendition: option.name, reason, maxFps, isRetreat: false };
  }

  /** Until somebody publishes. */
  #takeExpected({ wish, options }: QosFacts, nowMs: number): QosDecision {
    const reason = decodesVideo(wish) ? "waiting for the camera" : JPEG_ONLY;
    return this.#take(expected(options, wish), reason, wish, nowMs);
  }

  #reasonFor(
    option: RenditionOption,
    { best, allowed }: Ladder,
    { wish, options }: QosFacts,
  ): string {
    if (!decodesVideo(wish)) return JPEG_ONLY;
    const isUnplayed = ({ isH265 = false }: RenditionOption) => isH265 && !wish.decodesH265;
    if (option === best && options.some(isUnplayed)) {
      return "best that this browser plays: the camera sends H.265";
    }
    if (option.isJpeg) return "the camera is published as JPEG";
    if (option === best) return "best there is";
    if (option === allowed[0]) return "best within the viewer's own limits";
    return this.#trouble === "decoder"
      ? "this device is too slow for more"
      : "the link is too slow for more";
  }

  #ladder({ wish, options }: QosFacts, nowMs: number): Ladder {
    const comes = ({ name }: RenditionOption) => (this.#missing.get(name) ?? -Infinity) <= nowMs;
    return ladderOf(options, comes, wish);
  }
}
