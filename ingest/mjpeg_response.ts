import { epochNowMs, JPEG_RENDITION } from "@porthole/protocol";
import type { Client, ClientRegistry, ClientReport } from "./client_registry.ts";
import type { Hub } from "./hub.ts";
import { JpegTap } from "./jpeg_tap.ts";
import type { Metrics } from "./metrics.ts";

export interface MjpegOptions {
  readonly hub: Hub;
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
const encoder = new TextEncoder();

/**
 * A stream as `multipart/x-mixed-replace`, one part a picture, as fast as they are read: a slow
 * reader gets fewer, never older ones. It counts as a viewer, and holds the rendition, from the
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

  constructor(options: MjpegOptions) {
    this.#options = options;
    this.#tap = new JpegTap(options.hub);
    options.clients.add(this, options.address, options.expiresAtMs);
    options.metrics.clientsConnected = options.clients.size;
  }

  get streamId(): string {
    return this.#options.hub.id;
  }

  /** `undefined` once it is closed. */
  async nextPart(): Promise<Uint8Array | undefined> {
    this.#handedOverMs = undefined;
    const picture = await this.#tap.next(this.#abort.signal);
    if (picture === undefined) return undefined;
    this.#handedOverMs = epochNowMs();
    const { data } = picture.frame;
    const head = encoder.encode(
      `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${data.byteLength}\r\n\r\n`,
    );
    const part = new Uint8Array(head.byteLength + data.byteLength + 2);
    part.set(head);
    part.set(data, head.byteLength);
    part.set([0x0d, 0x0a], part.byteLength - 2);
    this.#totals.framesSent++;
    this.#totals.bytesSent += part.byteLength;
    return part;
  }

  tick(nowMs: number): void {
    if (this.#handedOverMs === undefined || nowMs - this.#handedOverMs <= GONE_AFTER_MS) return;
    this.#options.metrics.clientsGivenUp++;
    this.close();
    this.#options.cut();
  }

  report(nowMs: number): ClientReport {
    return {
      rendition: JPEG_RENDITION,
      selected: JPEG_RENDITION,
      reason: "reads multipart JPEG",
      ageMs: Math.round(nowMs - (this.#handedOverMs ?? nowMs)),
      bytesInFlight: 0,
      linkKbps: 0,
      roundTripMs: 0,
      ...this.#totals,
    };
  }

  close(): void {
    this[Symbol.dispose]();
  }

  expire(): void {
    this.close();
  }

  [Symbol.dispose](): void {
    const { clients, metrics } = this.#options;
    this.#abort.abort();
    this.#tap[Symbol.dispose]();
    clients.remove(this);
    metrics.clientsConnected = clients.size;
  }
}
