import { TokenBucket } from "../limits/token_bucket.ts";
import { type Notice, noticePicture } from "./notice_picture.ts";

/** More than there are cameras in most places; each is some 10 KB, and flaps between few causes. */
const MAX_KEPT = 512;
/** Names and causes come from outside: whoever has ever new ones drawn takes the thread for it. */
const DRAWN_PER_SECOND = 2;
const DRAWN_AT_ONCE = 30;
/** What shows in the place of one too many. */
const PLAIN: Notice = { title: "No picture", words: "There is none of this camera now." };

/** Notices as pictures, each drawn once, for drawing takes tens of milliseconds. */
export class Notices {
  readonly #pictures = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #drawing = new TokenBucket(DRAWN_PER_SECOND, DRAWN_AT_ONCE);
  #plain: Uint8Array<ArrayBuffer> | undefined;

  /** Shared by all who are given it, and never written to. */
  of(notice: Notice, nowMs: number): Uint8Array<ArrayBuffer> {
    const key = `${notice.title}\n${notice.words}`;
    const known = this.#pictures.get(key);
    if (known === undefined && !this.#drawing.take(1, nowMs)) {
      return this.#plain ??= noticePicture(PLAIN);
    }
    const picture = known ?? noticePicture(notice);
    // Behind all others: a map's first entry is the one that was asked for longest ago.
    this.#pictures.delete(key);
    this.#pictures.set(key, picture);
    if (this.#pictures.size > MAX_KEPT) {
      const [oldest] = this.#pictures.keys();
      if (oldest !== undefined) this.#pictures.delete(oldest);
    }
    return picture;
  }
}
