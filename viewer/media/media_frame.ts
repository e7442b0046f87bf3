/** An access unit of H.264 or H.265 on its way from the worker to the page's media element. */
export interface MediaFrame {
  /** +1 a frame. */
  readonly id: number;
  readonly data: Uint8Array;
  readonly key: boolean;
  /** RFC 6381 */
  readonly codec: string;
  /** The decoder configuration record, where the frame brought one. */
  readonly config: Uint8Array | undefined;
  readonly widthPx: number;
  readonly heightPx: number;
  /** On the camera's clock. */
  readonly ptsUs: number;
  /** Decoded only so that a newer one can be. */
  readonly isReplayed: boolean;
}

/** A frame that a media element has shown. */
export interface ShownFrame {
  readonly id: number;
  /** How long ago it went to the screen when this was told, ms: page and worker tell time apart. */
  readonly agoMs: number;
  /** As shown, with the pixel aspect ratio of the stream applied. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Shown since the last one that was told of, too quickly to be told of one by one. */
  readonly untold: number;
}

/** Why a media element shows nothing. */
export interface MediaFailure {
  readonly reason: string;
  /** Whether it is of no use to try again. */
  readonly isFinal: boolean;
}
