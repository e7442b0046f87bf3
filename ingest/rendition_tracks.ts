import { ProtocolError, type RenditionInfo } from "@porthole/protocol";
import type { CacheBudget } from "./limits/cache_budget.ts";
import { RenditionTrack } from "./rendition_track.ts";

/** Of a publisher. What viewers wait for is bounded by how many they are. */
const MAX_RENDITIONS = 8;

/** The renditions of one stream, those that its source has sent and those that are waited for. */
export class RenditionTracks {
  readonly #tracks = new Map<string, RenditionTrack>();
  readonly #cache: CacheBudget;
  /** Renditions the present source has sent. */
  readonly #published = new Set<string>();

  constructor(cache: CacheBudget) {
    this.#cache = cache;
  }

  get(name: string): RenditionTrack | undefined {
    return this.#tracks.get(name);
  }

  /** That of a rendition that somebody waits for, whether it ever comes or not. */
  open(name: string): RenditionTrack {
    const known = this.#tracks.get(name);
    if (known !== undefined) return known;
    const track = new RenditionTrack(name, this.#cache);
    this.#tracks.set(name, track);
    return track;
  }

  /**
   * That of a rendition that the source sends.
   *
   * @throws {ProtocolError} `invalid_frame` for one rendition too many
   */
  published(name: string): RenditionTrack {
    if (!this.#published.has(name)) {
      if (this.#published.size >= MAX_RENDITIONS) {
        throw new ProtocolError("invalid_frame", `at most ${MAX_RENDITIONS} renditions a stream`);
      }
      this.#published.add(name);
    }
    return this.open(name);
  }

  /** Somebody watches it no more: nothing is kept of one that nobody sends or waits for. */
  left(track: RenditionTrack): void {
    if (track.isWatched || this.#published.has(track.name)) return;
    track.forgetPictures();
    this.#tracks.delete(track.name);
  }

  /** Another source takes over. */
  restart(): void {
    this.#published.clear();
    for (const [name, track] of this.#tracks) {
      track.restart();
      if (!track.isWatched) this.#tracks.delete(name);
    }
  }

  forgetPictures(): void {
    for (const track of this.#tracks.values()) track.forgetPictures();
  }

  /** Renditions that frames have come of. */
  get running(): ReadonlySet<string> {
    return new Set([...this.#tracks.values()].filter((t) => t.hasFrames).map((t) => t.name));
  }

  /** The same, measured. */
  infos(nowMs: number): RenditionInfo[] {
    return [...this.#tracks.values()].flatMap((track) => track.info(nowMs) ?? []);
  }

  /** Of all of them, when the last frame came. */
  get lastFrameMs(): number | undefined {
    const times = [...this.#tracks.values()].flatMap((track) => track.lastMs ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  /** Of the renditions the one that is renewed most often tells how long a pause is none. */
  get shortestIntervalMs(): number {
    const intervals = [...this.#tracks.values()].flatMap((track) => track.intervalMs ?? []);
    return intervals.length === 0 ? 0 : Math.min(...intervals);
  }
}
