import type { PictureSize } from "./display_box.ts";
import type { MediaOutletHandlers } from "./media/media_outlet.ts";
import type { WayChoice } from "./ways.ts";
import type { Report } from "./worker_messages.ts";

export interface PlaybackOptions {
  readonly canvas: OffscreenCanvas;
  readonly socketUrl: string;
  /** Of the API, to be asked why a connection is refused. */
  readonly streamUrl: string;
  /** Signed, of who watches; none where a cookie says it, or nobody is asked. */
  readonly token?: string | undefined;
  readonly playing: boolean;
  /** A rendition's name, or `"auto"`. */
  readonly selected: string;
  /** kbit/s that ingest is asked to stay below. */
  readonly maxKbps: number | undefined;
  /** Larger pictures than this are of no use. */
  readonly maxSize?: PictureSize | undefined;
  readonly onReport: (report: Report) => void;
  /** The page's media element; none by default. */
  readonly media?: PageMedia | undefined;
  /** `auto` by default. */
  readonly wayChoice?: WayChoice;
  /** How long pictures may wait for even intervals, ms; 0 by default. */
  readonly smoothingMs?: number;
}

/** A media element that the page has for pictures, and why it cannot show any, if so. */
export interface PageMedia extends MediaOutletHandlers {
  readonly missing: string | undefined;
  /** Whether it says so. */
  readonly playsH265?: boolean;
}

export const NO_MEDIA: PageMedia = {
  missing: "is not in this player",
  onFrame() {},
  onEnd() {},
};
