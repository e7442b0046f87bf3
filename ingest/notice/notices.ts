import { type Notice, noticePicture } from "./notice_picture.ts";

/** More than there are cameras in most places; each is some 10 KB, and flaps between few causes. */
const MAX_KEPT = 512;

/** Notices as pictures, each drawn once, for drawing takes tens of milliseconds. */
export class Notices {
  readonly #pictures = new Map<string, Uint8Array<ArrayBuffer>>();

  /** Shared by all who are given it, and never written to. */
  of(notice: Notice): Uint8Array<ArrayBuffer> {
    const key = `${notice.title}\n${notice.words}`;
    const picture = this.#pictures.get(key) ?? noticePicture(notice);
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
