/** Bounds that both ends of the wire keep. SPEC.md, "Limits", is their normative text. */

/** The longest message, in bytes: a 4K JPEG fits, a length-prefix bomb does not. */
export const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;

/** The longest control message a viewer may send, in bytes. */
export const MAX_VIEWER_MESSAGE_BYTES = 4096;

/** Maps and arrays inside one another, the outermost counted. */
export const MAX_NESTING_DEPTH = 8;

/**
 * Values in one message, those inside maps and arrays included, keys too. Without it a message of
 * empty maps takes eighty times its own size once decoded.
 */
export const MAX_MESSAGE_VALUES = 4096;

/** The largest width or height of a picture, in px (the limit of H.264 level 6.2). */
export const MAX_DIMENSION_PX = 16_384;

/** The longest GOP kept for viewers who join: past any of these they wait for a keyframe. */
export const MAX_GOP_BYTES = 8 * 1024 * 1024;
export const MAX_GOP_MS = 10_000;
/** 10 s at 120 fps and more. Tiny frames that all bear one time would cost ten times their bytes. */
export const MAX_GOP_FRAMES = 2048;

/** The greatest latency in a viewer's report, in ms: what is later is said to be that late. */
export const MAX_REPORTED_LATENCY_MS = 60_000;

/** The most pictures a second in a viewer's report. */
export const MAX_REPORTED_FPS = 1000;

/** What names a stream, everywhere: in settings, paths, messages. */
export const STREAM_ID_PATTERN = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** The stream of a publisher or viewer that names none. */
export const DEFAULT_STREAM_ID = "default";

/** The WebSocket subprotocol of viewers that speak control messages. */
export const VIEWER_SUBPROTOCOL = "porthole.v1";

/**
 * A viewer that can send no `Authorization`, such as a browser, offers its token as a subprotocol
 * behind this: `porthole.token.eyJ…`. Ingest never chooses it. A JWT has no character that a
 * subprotocol may not have (RFC 7515, 3; RFC 6455, 4.1).
 */
export const TOKEN_SUBPROTOCOL_PREFIX = "porthole.token.";

/** The content type of a live publish: length-prefixed messages both ways. */
export const LIVE_CONTENT_TYPE = "application/vnd.porthole.live";

/** The content type of one MessagePack message. */
export const MESSAGE_CONTENT_TYPE = "application/msgpack";
