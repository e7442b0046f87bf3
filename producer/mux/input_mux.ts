import type { MainFormat } from "../ffmpeg_args.ts";

/** An access unit on its way into FFmpeg. */
export interface InputAccessUnit {
  /** Each NAL unit behind its length of 4 bytes. */
  readonly data: Uint8Array;
  readonly key: boolean;
  /** From 0 up, below 2^32. */
  readonly ptsMs: number;
}

/** What comes before the access units. */
export interface InputTrack {
  /** The decoder configuration record. */
  readonly config: Uint8Array;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
}

/** Access units in a container that FFmpeg reads from a pipe. */
export interface InputMux {
  readonly format: MainFormat;
  begin(track: InputTrack): Uint8Array<ArrayBuffer>;
  accessUnit(unit: InputAccessUnit): Uint8Array<ArrayBuffer>;
}
