import { type DecoderHandlers, Picture, type ReceivedFrame } from "./picture.ts";

/**
 * JPEG by `createImageBitmap`: one picture in the making and the newest frame waiting behind it.
 * A frame that is overtaken while it waits is dropped and counted.
 */
export class JpegDecoder {
  readonly #handlers: DecoderHandlers;
  #inFlight: ReceivedFrame | undefined;
  #waiting: ReceivedFrame | undefined;
  #overtaken = 0;

  constructor(handlers: DecoderHandlers) {
    this.#handlers = handlers;
  }

  /** Frames whose pictures have not come out. */
  get frames(): number {
    return (this.#inFlight === undefined ? 0 : 1) + (this.#waiting === undefined ? 0 : 1);
  }

  /** Frames that were dropped because a newer one came while they waited. */
  get overtaken(): number {
    return this.#overtaken;
  }

  decode(received: ReceivedFrame): void {
    if (this.#inFlight === undefined) {
      this.#start(received);
      return;
    }
    if (this.#waiting !== undefined) this.#overtaken++;
    this.#waiting = received;
  }

  /** Drops what is inside. Closing twice is fine. */
  close(): void {
    this.#inFlight = undefined;
    this.#waiting = undefined;
  }

  #start(received: ReceivedFrame): void {
    this.#inFlight = received;
    createImageBitmap(jpegBlob(received.frame.data)).then(
      (image) => {
        if (this.#inFlight !== received) {
          image.close();
          return;
        }
        this.#startNext();
        this.#handlers.onPicture(new Picture(image, received));
      },
      (cause) => {
        if (this.#inFlight !== received) return;
        this.#startNext();
        this.#handlers.onError(new Error("a JPEG could not be decoded", { cause }));
      },
    );
  }

  #startNext(): void {
    const next = this.#waiting;
    this.#inFlight = undefined;
    this.#waiting = undefined;
    if (next !== undefined) this.#start(next);
  }
}

function jpegBlob(data: Uint8Array): Blob {
  // Of a WebSocket message, never of shared memory, which a Blob would refuse.
  return new Blob([data as Uint8Array<ArrayBuffer>], { type: "image/jpeg" });
}
