import { KeyframeDetector } from "./rtp_keyframe.ts";
import { INTERLEAVED_HEADER_BYTES } from "./rtsp_message.ts";
import type { CameraCodec } from "./test_picture.ts";

export type MediaKind = "rtp" | "rtcp";

/** Takes packets with their interleaved header; only reads them, for all receivers share them. */
export type MediaReceiver = (kind: MediaKind, packet: Uint8Array) => void;

/** Hands the publisher's packets, as they came, to every receiver; each begins with a keyframe. */
export class MediaRelay {
  readonly #keyframes: KeyframeDetector;
  readonly #waiting = new Set<MediaReceiver>();
  readonly #playing = new Set<MediaReceiver>();
  readonly #firstKeyframe = Promise.withResolvers<void>();

  constructor(codec: CameraCodec) {
    this.#keyframes = new KeyframeDetector(codec);
  }

  /** Resolves when the publisher's first keyframe begins. */
  get firstKeyframe(): Promise<void> {
    return this.#firstKeyframe.promise;
  }

  relay(kind: MediaKind, packet: Uint8Array): void {
    if (kind === "rtp") this.#admitAtKeyframe(packet);
    for (const receive of this.#playing) receive(kind, packet);
  }

  add(receiver: MediaReceiver): void {
    if (!this.#playing.has(receiver)) this.#waiting.add(receiver);
  }

  remove(receiver: MediaReceiver): void {
    this.#waiting.delete(receiver);
    this.#playing.delete(receiver);
  }

  #admitAtKeyframe(packet: Uint8Array): void {
    if (!this.#keyframes.startsKeyframe(packet.subarray(INTERLEAVED_HEADER_BYTES))) return;
    this.#firstKeyframe.resolve();
    for (const receiver of this.#waiting) this.#playing.add(receiver);
    this.#waiting.clear();
  }
}
