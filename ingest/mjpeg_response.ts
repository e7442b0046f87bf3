import type { Client, ClientRegistry } from "./client_registry.ts";
import type { Hub } from "./hub.ts";
import { JpegTap } from "./jpeg_tap.ts";
import type { Metrics } from "./metrics.ts";

export interface MjpegOptions {
  readonly hub: Hub;
  readonly address: string;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
}

const BOUNDARY = "porthole-frame";
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

  constructor(options: MjpegOptions) {
    this.#options = options;
    this.#tap = new JpegTap(options.hub);
    options.clients.add(this, options.address);
    options.metrics.clientsConnected = options.clients.size;
  }

  /** `undefined` once it is closed. */
  async nextPart(): Promise<Uint8Array | undefined> {
    const picture = await this.#tap.next(this.#abort.signal);
    if (picture === undefined) return undefined;
    const { data } = picture.frame;
    const head = encoder.encode(
      `--${BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: ${data.byteLength}\r\n\r\n`,
    );
    const part = new Uint8Array(head.byteLength + data.byteLength + 2);
    part.set(head);
    part.set(data, head.byteLength);
    part.set([0x0d, 0x0a], part.byteLength - 2);
    return part;
  }

  close(): void {
    this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    const { clients, metrics } = this.#options;
    this.#abort.abort();
    this.#tap[Symbol.dispose]();
    clients.remove(this);
    metrics.clientsConnected = clients.size;
  }
}
