import { epochNowMs } from "@porthole/protocol";
import type { Client, ClientRegistry, ClientReport } from "./client_registry.ts";
import type { Hub } from "./hub.ts";
import { JpegTap } from "./jpeg_tap.ts";
import type { Metrics } from "./metrics.ts";
import type { OutboundFrame } from "./outbound_frame.ts";
import type { Notices } from "./notice/notices.ts";
import { noticeOf } from "./snapshot.ts";

export interface MjpegOptions {
  readonly hub: Hub;
  /** One of JPEGs. */
  readonly rendition: string;
  /** What to show while there are no pictures; `undefined` for nothing. */
  readonly notices: Notices | undefined;
  readonly address: string;
  /** When the viewer's token does, by the wall clock. */
  readonly expiresAtMs: number | undefined;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  /** Cuts the connection. */
  readonly cut: () => void;
}

const BOUNDARY = "porthole-frame";
/** A reader that takes nothing for so long, while there are pictures, does not read. */
const GONE_AFTER_MS = 6_000;
/** Without another picture by then, the last one is sent once more. */
const REPEAT_AFTER_MS = 200;
const encoder = new TextEncoder();
const END = encoder.encode(`\r\n--${BOUNDARY}\r\n`);

/**
 * A stream as `multipart/x-mixed-replace`, one part a picture, as fast as they are read: a slow
 * reader gets fewer, never older ones. Each part ends with the delimiter of the next, so that readers
 * know at once that it is whole. It counts as a viewer, and holds the rendition, from the
 * first read on: a response whose body nobody reads (HEAD) holds nothing.
 */
export function mjpegResponse(options: MjpegOptions): Response {
  let viewer: MjpegViewer | undefined;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      viewer ??= new MjpegViewer(options);
      const part = await viewer.nextPart();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
    cancel: () => viewer?.[Symbol.dispose](),
  }, { highWaterMark: 0 });
  return new Response(body, {
    headers: {
      "content-type": `multipart/x-mixed-replace; boundary=${BOUNDARY}`,
      "cache-control": "no-store",
    },
  });
}

class MjpegViewer implements Client, Disposable {
  readonly #options: MjpegOptions;
  readonly #tap: JpegTap;
  readonly #abort = new AbortController();
  readonly #totals = { framesSent: 0, bytesSent: 0, framesDiscarded: 0 };
  /** When the part before was handed over; `undefined` while the reader waits for the next. */
  #handedOverMs: number | undefined;
  #hasBegun = false;
  /** What was sent last, and when. */
  #sent: Uint8Array | undefined;
  #sentMs = 0;
  #isRepeated = false;
  /** The notice that shows; none while pictures come. */
  #noticed = "";

  constructor(options: MjpegOptions) {
    this.#options = options;
    this.#tap = new JpegTap(options.hub, options.rendition);
    options.clients.add(this, options.address, options.expiresAtMs);
    options.metrics.clientsConnected = options.clients.size;
  }

  get streamId(): string {
    return this.#options.hub.id;
  }

  /** The one picture that waits is shared with all. */
  readonly queuedBytes = 0;

  /** `undefined` once it is closed. */
  async nextPart(): Promise<Uint8Array | undefined> {
    this.#handedOverMs = undefined;
    let data: Uint8Array | undefined;
    while (data === undefined) {
      const picture = await this.#tap.next(this.#abort.signal);
      if (this.#abort.signal.aborted) return undefined;
      data = this.#take(picture, epochNowMs());
    }
    this.#handedOverMs = epochNowMs();
    this.#sentMs = this.#handedOverMs;
    const part = partOf(data, !this.#hasBegun);
    this.#hasBegun = true;
    this.#totals.framesSent++;
    this.#totals.bytesSent += part.byteLength;
    return part;
  }

  tick(nowMs: number): void {
    const isDue = this.#hasNewNotice(nowMs) || this.#isToBeRepeated(nowMs);
    if (isDue && this.#tap.isWaitedFor) this.#tap.interrupt();
    if (this.#handedOverMs === undefined || nowMs - this.#handedOverMs <= GONE_AFTER_MS) return;
    this.#options.metrics.clientsGivenUp++;
    this.close();
    this.#options.cut();
  }

  report(nowMs: number): ClientReport {
    return {
      rendition: this.#options.rendition,
      selected: this.#options.rendition,
      reason: "reads multipart JPEG",
      ageMs: Math.round(nowMs - (this.#handedOverMs ?? nowMs)),
      bytesInFlight: 0,
      linkKbps: 0,
      roundTripMs: 0,
      ...this.#totals,
      playback: null,
    };
  }

  /** It cannot say. */
  playback(): undefined {}

  close(): void {
    this[Symbol.dispose]();
  }

  /** Who reads on comes to the end by itself; who does not would keep the connection. */
  expire(): void {
    this.close();
    if (this.#handedOverMs !== undefined) this.#options.cut();
  }

  [Symbol.dispose](): void {
    const { clients, metrics } = this.#options;
    this.#abort.abort();
    this.#tap[Symbol.dispose]();
    clients.remove(this);
    metrics.clientsConnected = clients.size;
  }

  /** What to send, if anything: the picture that came, or what is due without one. */
  #take(picture: OutboundFrame | undefined, nowMs: number): Uint8Array | undefined {
    if (picture === undefined && !this.#hasNewNotice(nowMs)) {
      if (!this.#isToBeRepeated(nowMs)) return undefined;
      this.#isRepeated = true;
      return this.#sent;
    }
    if (picture !== undefined) this.#noticed = "";
    this.#isRepeated = false;
    return this.#sent = picture?.frame.data ?? this.#notice(nowMs);
  }

  /** Chromium shows a picture when the head of the one after it comes, be it the same. */
  #isToBeRepeated(nowMs: number): boolean {
    return this.#sent !== undefined && !this.#isRepeated && nowMs - this.#sentMs >= REPEAT_AFTER_MS;
  }

  #hasNewNotice(nowMs: number): boolean {
    const { hub, notices } = this.#options;
    const { state, cause } = hub.state(nowMs);
    return notices !== undefined && state !== "live" && this.#noticed !== `${state} ${cause}`;
  }

  #notice(nowMs: number): Uint8Array | undefined {
    const { hub, notices } = this.#options;
    const state = hub.state(nowMs);
    this.#noticed = `${state.state} ${state.cause}`;
    return notices?.of(noticeOf(hub.id, state), nowMs);
  }
}

function partOf(data: Uint8Array, isFirst: boolean): Uint8Array {
  const head = encoder.encode(
    `${isFirst ? `--${BOUNDARY}\r\n` : ""}Content-Type: image/jpeg\r\n` +
      `Content-Length: ${data.byteLength}\r\n\r\n`,
  );
  const part = new Uint8Array(head.byteLength + data.byteLength + END.byteLength);
  part.set(head);
  part.set(data, head.byteLength);
  part.set(END, head.byteLength + data.byteLength);
  return part;
}
