import { eventually } from "./browser.ts";

/** Start of a JPEG, and of the segment that follows it: FF D8 FF. */
const START = [0xff, 0xd8, 0xff];

/** Watches a stream's MJPEG, as an `<img>` does, and counts its pictures. */
export class MjpegWatcher implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;
  #pictures = 0;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reading = this.#read(body);
  }

  /** @param ingestUrl with its slash at the end */
  static async open(ingestUrl: string, stream = "default"): Promise<MjpegWatcher> {
    const { body, status } = await fetch(`${ingestUrl}api/streams/${stream}/mjpeg`);
    if (body === null || status !== 200) throw new Error(`MJPEG was refused with ${status}`);
    return new MjpegWatcher(body);
  }

  get pictures(): number {
    return this.#pictures;
  }

  /** Resolves when that many more have come. @throws {Error} when they have not by then */
  async more(count: number, withinMs: number): Promise<void> {
    const enough = this.#pictures + count;
    await eventually(`${count} JPEGs come`, withinMs, () => {
      return this.#pictures >= enough || `${this.#pictures} of ${enough}`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const reader = body.getReader();
    this.#stop.signal.addEventListener("abort", () => void reader.cancel(), { once: true });
    let matched = 0;
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      for (const byte of read.value) {
        matched = byte === START[matched] ? matched + 1 : Number(byte === START[0]);
        if (matched < START.length) continue;
        this.#pictures++;
        matched = 0;
      }
    }
  }
}
