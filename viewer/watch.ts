/**
 * `/watch.js`: the frames or pictures of a stream for programs that show them in their own way.
 *
 * @module
 */
import { FrameWatch, type WatchOptions } from "./embed/frame_watch.ts";
import { streamAddressOf } from "./stream_address.ts";

export type {
  FrameCircumstances,
  FrameWatch,
  WatchedPicture,
  WatchOptions,
  WatchState,
} from "./embed/frame_watch.ts";

/**
 * Watches a stream from now on, over lost connections too, until it is closed or `signal` is
 * aborted. Runs where it is called: in a page, in a worker, or, for `onFrame`, in Deno and Node.
 *
 * @param url such as `wss://cams.example.com/ws/door`
 * @throws {TypeError} when that is no address of a stream
 */
export function watch(url: string | URL, options: WatchOptions): FrameWatch {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  return new FrameWatch(streamAddressOf(String(url), base), options);
}
