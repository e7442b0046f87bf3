import { type PlayerState, presenceOf } from "../presence.ts";
import type { Report } from "../worker_messages.ts";

/** `idle`: it has no address, or is in no page. `refused`: the server does not let this page in. */
export type EmbedState = "idle" | "refused" | PlayerState;

/**
 * `invalid`: the address is none. `unauthorized`: the server asks who this is, or the token has
 * expired. `forbidden`: that is not enough. `unreachable`: there is no connection; it is tried
 * again. `unsupported`: by this browser. `failed`: the player itself could not be started.
 */
export type PlayerErrorCode =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "unreachable"
  | "unsupported"
  | "failed";

/** What keeps a player from playing. */
export interface PlayerError {
  readonly code: PlayerErrorCode;
  /** Cause and cure, for people. */
  readonly message: string;
}

/** What is measured of a player; `null` for what is not known (yet). */
export interface PlayerStats {
  /** From the producer having the picture to its painting, ms. */
  readonly latencyMs: number | null;
  readonly fps: number;
  readonly kbps: number;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly rendition: string | null;
  /** RFC 6381, or `jpeg`. */
  readonly codec: string | null;
  readonly framesReceived: number;
  readonly framesPainted: number;
  /** Not sent, because this viewer was behind. */
  readonly framesDiscardedByServer: number;
  /** Received and not painted. */
  readonly framesDiscardedByViewer: number;
  /** From the connection's opening, or the end of a pause, to the first picture, ms. */
  readonly joinMs: number | null;
}

/** How a player is, as it is shown and told. */
export interface PlayerView {
  readonly state: EmbedState;
  /** One or two words. */
  readonly status: string;
  /** Over the picture; empty when there is nothing to say. */
  readonly message: string;
}

export interface Whereabouts {
  /** The server's origin, e.g. `https://cams.example.com`. */
  readonly serverOrigin: string;
  readonly pageOrigin: string;
}

/** Of a player that has an address and is in a page. */
export function playerViewOf(
  report: Report | undefined,
  playing: boolean,
  error: PlayerError | undefined,
): PlayerView {
  if (error !== undefined && error.code !== "unreachable") {
    const state = STATES[error.code] ?? "offline";
    return { state, status: STATUSES[error.code], message: error.message };
  }
  const presence = presenceOf(report, playing);
  if (error === undefined || presence.state !== "connecting") return presence;
  return { ...presence, message: error.message };
}

/**
 * What the playing says is wrong; `undefined` for nothing.
 *
 * @param before what it was before that report: a try to connect again is no end of it yet
 */
export function playerErrorOf(
  report: Report | undefined,
  where: Whereabouts,
  before: PlayerError | undefined,
): PlayerError | undefined {
  const cause = report?.connectionCause ?? "";
  switch (report?.connection) {
    case "login":
      return { code: "unauthorized", message: `This player may not watch: ${cause}` };
    case "forbidden":
      return { code: "forbidden", message: `This player may not watch: ${cause}` };
    case "waiting":
      return { code: "unreachable", message: unreachableMessage(report, cause, where) };
    case "connecting":
      return before?.code === "unreachable" ? before : undefined;
    default:
      return undefined;
  }
}

export function playerStatsOf({ stats, picture }: Report): PlayerStats {
  return {
    latencyMs: stats.latencyMs ?? null,
    fps: stats.paintedFps,
    kbps: stats.receivedKbps,
    widthPx: picture?.widthPx ?? null,
    heightPx: picture?.heightPx ?? null,
    rendition: picture?.rendition ?? null,
    codec: picture?.codec ?? null,
    framesReceived: stats.framesReceived,
    framesPainted: stats.framesPainted,
    framesDiscardedByServer: stats.discardedByServer,
    framesDiscardedByViewer: stats.discardedByViewer,
    joinMs: stats.joinMs ?? null,
  };
}

const STATES: Partial<Record<PlayerErrorCode, EmbedState>> = {
  invalid: "idle",
  unauthorized: "refused",
  forbidden: "refused",
  unsupported: "unsupported",
};

const STATUSES: Record<PlayerErrorCode, string> = {
  invalid: "No camera",
  unauthorized: "Not logged in",
  forbidden: "Not allowed",
  unreachable: "Reconnecting",
  unsupported: "Not supported",
  failed: "Failed",
};

/**
 * Browsers tell a page that is of an origin which the server refuses the same as they tell one that
 * cannot reach it at all: nothing.
 */
function unreachableMessage(
  { picture, streamState }: Report,
  cause: string,
  { serverOrigin, pageOrigin }: Whereabouts,
): string {
  const hasPlayed = picture !== undefined || streamState !== undefined;
  if (hasPlayed || serverOrigin === pageOrigin) return `Connecting again: ${cause}`;
  return `${serverOrigin} cannot be reached, or does not let pages of ${pageOrigin} in: ` +
    "add that to its ALLOWED_ORIGINS";
}
