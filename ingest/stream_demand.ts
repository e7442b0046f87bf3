import { type IngestToProducerMessage, LOW_RENDITION, MAIN_RENDITION } from "@porthole/protocol";
import type { Demand } from "./demand.ts";
import type { RenditionTracks } from "./rendition_tracks.ts";

/** Who makes renditions when they are wanted. */
interface Maker {
  readonly offers: readonly string[];
  send(message: IngestToProducerMessage): void;
}

/** Frames that were on their way when the demand ended still come. */
const UNDEMANDED_AFTER_MS = 1_000;

/** What of a stream is wanted, told to its publisher as it changes. */
export class StreamDemand {
  readonly #demand: Demand;
  readonly #tracks: RenditionTracks;
  #told = "";

  constructor(demand: Demand, tracks: RenditionTracks) {
    this.#demand = demand;
    this.#tracks = tracks;
  }

  /** Says what is wanted of what it offers, unless it knows. */
  tell(maker: Maker | undefined, nowMs: number): void {
    const offered = new Set(maker?.offers);
    const renditions = this.#wanted(nowMs).filter((rendition) => offered.has(rendition));
    const wanted = renditions.join();
    if (wanted === this.#told) return;
    this.#told = wanted;
    maker?.send({ type: "demand", renditions });
  }

  /** Another publisher has been told nothing. */
  restart(): void {
    this.#told = "";
  }

  /** What was made on demand and is not any more: its last picture is of then, not of now. */
  forgetUnwanted(offered: Iterable<string>, nowMs: number): void {
    const wanted = this.#wanted(nowMs);
    for (const rendition of offered) {
      const track = this.#tracks.get(rendition);
      const isOld = nowMs - (track?.lastMs ?? nowMs) > UNDEMANDED_AFTER_MS;
      if (isOld && !wanted.includes(rendition)) track?.forgetPictures();
    }
  }

  /** What somebody uses; and, for who joins `main` next, `low` where that shows a picture sooner. */
  #wanted(nowMs: number): string[] {
    const wanted = this.#demand.wanted(nowMs);
    const isDear = this.#tracks.get(MAIN_RENDITION)?.isDearToJoin(nowMs) ?? false;
    if (!isDear || !wanted.includes(MAIN_RENDITION) || wanted.includes(LOW_RENDITION)) {
      return wanted;
    }
    return [...wanted, LOW_RENDITION].sort();
  }
}
