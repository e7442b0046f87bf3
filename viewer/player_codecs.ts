import { codecFamilyOf, codecOf, type Frame, isJpeg } from "@porthole/protocol";
import { H265Support } from "./h265_support.ts";
import type { PageMedia } from "./playback_options.ts";
import { type Way, type WayChoice, Ways } from "./ways.ts";
import type { Report } from "./worker_messages.ts";
import { missingWebCodecs, webCodecsPlayH265 } from "./web_codecs.ts";

/** A browser that has not said by then whether it plays H.265 is given none until it does. */
const CLAIMS_WITHIN_MS = 250;

export interface PlayerCodecsOptions {
  readonly media: PageMedia;
  readonly wayChoice: WayChoice;
  /** The browser has said what it plays, and ingest is to be told. */
  readonly onKnown: () => void;
}

/** What a player plays and which way it goes for that: what the browser claims and what has failed. */
export class PlayerCodecs {
  readonly #onKnown: () => void;
  readonly #ways: Ways;
  readonly #h265 = new H265Support();
  readonly #claimsDue: ReturnType<typeof setTimeout>;
  #givesH265 = false;

  constructor({ media, wayChoice, onKnown }: PlayerCodecsOptions) {
    this.#onKnown = onKnown;
    this.#ways = new Ways({ webcodecs: missingWebCodecs(), mse: media.missing }, wayChoice);
    this.#h265.learn("mse", media.playsH265 ?? false);
    this.#claimsDue = setTimeout(() => this.#learnClaim(false), CLAIMS_WITHIN_MS);
    const learnClaim = (claim: boolean) => this.#learnClaim(claim);
    webCodecsPlayH265().then(learnClaim, () => learnClaim(false));
  }

  get way(): Way {
    return this.#ways.way;
  }

  /** For reports. */
  get told(): Pick<Report, "way" | "wayReason" | "decodesH264" | "decodesH265"> {
    const { way, reason } = this.#ways;
    return {
      way,
      wayReason: reason,
      decodesH264: way !== "jpeg",
      decodesH265: this.playsH265,
    };
  }

  get playsH265(): boolean {
    return this.#h265.plays(this.way);
  }

  /** Whether the browser has said what it plays by this way. */
  get isKnown(): boolean {
    return this.#h265.isKnown(this.way);
  }

  /** As `hello` says it, the best first. */
  get names(): string[] {
    if (this.way === "jpeg") return ["jpeg"];
    return this.playsH265 ? ["hvc1", "avc1", "jpeg"] : ["avc1", "jpeg"];
  }

  /** Not what was on its way when this browser gave its codec up. */
  plays(frame: Frame): boolean {
    if (isJpeg(frame)) return true;
    return this.way !== "jpeg" && (!isH265(frame) || this.playsH265);
  }

  /** The frame goes to a decoder. */
  given(frame: Frame): void {
    this.#givesH265 = isH265(frame);
  }

  /** Whether the frame that was given to a decoder last is H.265. */
  get givesH265(): boolean {
    return this.#givesH265;
  }

  /** What failed before is tried again. */
  choose(choice: WayChoice): void {
    this.#ways.choose(choice);
    this.#h265.retry();
  }

  failWay(reason: string): void {
    this.#ways.fail(this.way, reason);
  }

  /** The way stays, for H.264. */
  failH265(): void {
    this.#h265.fail(this.way);
    this.#givesH265 = false;
  }

  /** Twice is fine. */
  close(): void {
    clearTimeout(this.#claimsDue);
  }

  /** The connection comes about meanwhile. */
  #learnClaim(playsH265: boolean): void {
    clearTimeout(this.#claimsDue);
    const wasKnown = this.#h265.isKnown("webcodecs");
    const wasPlayed = this.playsH265;
    this.#h265.learn("webcodecs", playsH265);
    if (!wasKnown || this.playsH265 !== wasPlayed) this.#onKnown();
  }
}

function isH265(frame: Frame): boolean {
  return codecFamilyOf(codecOf(frame)) === "hvc1";
}
