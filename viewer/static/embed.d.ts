/** Types of `/embed.js`, for TypeScript: copy this file into your project. */

/** `idle`: it has no address, or is in no page. `refused`: the server does not let this page in. */
export type EmbedState =
  | "idle"
  | "refused"
  | "connecting"
  | "live"
  | "stale"
  | "offline"
  | "paused"
  | "unsupported";

export type PlayerErrorCode =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "unreachable"
  | "unsupported"
  | "failed";

export interface PlayerError {
  readonly code: PlayerErrorCode;
  /** Cause and cure, for people. */
  readonly message: string;
}

/** `null` for what is not known (yet). Counts are since the player began. */
export interface PlayerStats {
  readonly latencyMs: number | null;
  readonly fps: number;
  readonly kbps: number;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly rendition: string | null;
  readonly codec: string | null;
  readonly framesReceived: number;
  readonly framesPainted: number;
  readonly framesDiscardedByServer: number;
  readonly framesDiscardedByViewer: number;
  readonly joinMs: number | null;
}

export interface StateChange {
  readonly state: EmbedState;
  /** The words over the picture; empty while there are none. */
  readonly message: string;
}

export declare class PortholePlayerElement extends HTMLElement {
  src: string;
  quality: string;
  fit: string;
  poster: string;
  controls: boolean;
  muted: boolean;
  token: string;
  readonly state: EmbedState;
  readonly error: PlayerError | null;
  readonly stats: PlayerStats | null;
  readonly paused: boolean;
  readonly rendition: string;
  readonly qualities: readonly string[];
  readonly videoWidth: number;
  readonly videoHeight: number;
  play(): void;
  pause(): void;
  /** PNG. Rejects while there is no picture. */
  capture(): Promise<Blob>;
}

declare global {
  interface HTMLElementTagNameMap {
    "porthole-player": PortholePlayerElement;
  }
}
