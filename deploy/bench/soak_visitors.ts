import { MAIN_RENDITION, MessageEncoder } from "@porthole/protocol";
import { errorChain, logFor, sleep } from "@porthole/protocol/service";
import { LiveViewer } from "../testing/live_viewer.ts";
import { RawConnection } from "../testing/raw_connection.ts";
import { SlowLink } from "../testing/slow_link.ts";
import { metricsOf } from "../testing/stream_description.ts";
import { maskedFrame } from "./raw_viewer_messages.ts";
import { seededRandom } from "./seeded_random.ts";
import { type PlannedVisit, type VisitName, visitsOf } from "./soak_schedule.ts";

const BINARY = 2;
const STREAM = "default";
/** Half of what the camera sends. */
const SLOW_KBPS = 500;
const NOISE_BYTES = 4 * 1024;

const encoder = new MessageEncoder();
/** `main` alone: what a slow viewer would have made besides is no frame that the one beside it gets. */
const SELECT = maskedFrame(BINARY, encoder.encode({ type: "select", rendition: MAIN_RENDITION }));
const HELLO = maskedFrame(BINARY, encoder.encode({ type: "hello", codecs: ["avc1"] }));
const log = logFor("soak", "visitors");

/** Viewers that come and go, several at a time, in all the ways in which they do. */
export class Visitors {
  /** What a viewer was not told, in words. */
  readonly errors: string[] = [];
  readonly #counts = new Map<VisitName, number>();
  #failed = 0;

  /** Of each kind, how many have been; and how many could not, as while there is no ingest. */
  get summary(): string {
    const kinds = [...this.#counts].map(([name, count]) => `${name} ${count}`);
    return [...kinds, `not let in ${this.#failed}`].join(", ");
  }

  /** Resolves once `signal` is aborted and the last has gone. Never rejects. */
  async run(seed: number, ingestUrl: () => string, signal: AbortSignal): Promise<void> {
    const here = new Set<Promise<void>>();
    for (const visit of visitsOf(seed)) {
      await sleep(visit.afterMs, signal);
      if (signal.aborted) break;
      const visiting = this.#visit(visit, ingestUrl(), signal);
      here.add(visiting);
      void visiting.finally(() => here.delete(visiting));
    }
    await Promise.all(here);
  }

  async #visit(visit: PlannedVisit, ingestUrl: string, signal: AbortSignal): Promise<void> {
    try {
      const wrong = await VISITS[visit.name](ingestUrl, visit.lastsMs, signal);
      if (wrong !== "") this.errors.push(`a viewer that is ${visit.name}: ${wrong}`);
      this.#counts.set(visit.name, (this.#counts.get(visit.name) ?? 0) + 1);
    } catch (error) {
      this.#failed++;
      log.debug("a visit failed", { visit: visit.name, error: errorChain(error) });
    }
  }
}

/** @returns what was wrong, in words; empty when nothing was */
type Visit = (ingestUrl: string, lastsMs: number, signal: AbortSignal) => Promise<string>;

/** What the viewers of a while did not get and ingest did not either. */
class PublisherDiscards {
  private constructor(readonly ingestUrl: string, readonly before: number) {}

  static async since(ingestUrl: string): Promise<PublisherDiscards> {
    return new PublisherDiscards(ingestUrl, await skippedAt(ingestUrl));
  }

  /** A gap that was not spoken of; who is slow may well be told of more than it has seen so far. */
  async unsaidGap({ missing, discarded, isOpen }: LiveViewer): Promise<string> {
    // Of an ingest that was killed nothing more is known.
    if (missing <= discarded || !isOpen) return "";
    const skipped = await skippedAt(this.ingestUrl) - this.before;
    if (missing <= discarded + skipped) return "";
    return `${missing} frames are missing, ${discarded} were discarded, ${skipped} by the publisher`;
  }
}

async function skippedAt(ingestUrl: string): Promise<number> {
  const { publisher_frames_discarded: skipped = NaN } = await metricsOf(ingestUrl);
  return skipped;
}

const VISITS: Readonly<Record<VisitName, Visit>> = {
  async polite(ingestUrl, lastsMs, signal) {
    const discards = await PublisherDiscards.since(ingestUrl);
    await using viewer = LiveViewer.watch(ingestUrl, { rendition: MAIN_RENDITION });
    await sleep(lastsMs, signal);
    return await discards.unsaidGap(viewer);
  },
  async hasty(ingestUrl) {
    using connection = await RawConnection.upgrade(ingestUrl, STREAM);
    await connection.send(SELECT);
    await connection.send(HELLO);
    return "";
  },
  async garbage(ingestUrl, lastsMs) {
    using connection = await RawConnection.upgrade(ingestUrl, STREAM);
    const random = seededRandom(lastsMs);
    await connection.send(Uint8Array.from({ length: NOISE_BYTES }, () => 256 * random()));
    await connection.untilEnd();
    return "";
  },
  async "never reads"(ingestUrl, lastsMs, signal) {
    using connection = await RawConnection.upgrade(ingestUrl, STREAM);
    await connection.send(SELECT);
    await connection.send(HELLO);
    await sleep(lastsMs, signal);
    return "";
  },
  async slow(ingestUrl, lastsMs, signal) {
    const discards = await PublisherDiscards.since(ingestUrl);
    await using link = SlowLink.start({ toPort: Number(new URL(ingestUrl).port), kbps: SLOW_KBPS });
    await using viewer = LiveViewer.watch(link.url, { rendition: MAIN_RENDITION });
    await sleep(lastsMs, signal);
    // Its goodbye would wait behind all that the link has not let through.
    link.setRate(undefined);
    return await discards.unsaidGap(viewer);
  },
};
