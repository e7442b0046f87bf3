import { DEFAULT_STREAM_ID, STREAM_ID_PATTERN } from "@porthole/protocol";
import {
  AddressList,
  type Env,
  integer,
  LOG_LEVELS,
  matching,
  oneOf,
  optionalSecret,
  readSettings,
  secretsInQuery,
  type Setting,
} from "@porthole/protocol/service";
import { z } from "zod";

export const CODEC_MODES = ["auto", "h264", "jpeg"] as const;
export type CodecMode = (typeof CODEC_MODES)[number];

/** One camera and where its frames go. */
export interface ProducerConfig {
  readonly camera: CameraConfig;
  readonly jpeg: JpegConfig;
  readonly uplink: UplinkConfig;
  readonly retry: RetryConfig;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** What must not appear in any output. */
  readonly secrets: readonly string[];
}

export interface CameraConfig {
  /** With credentials, percent-encoded as FFmpeg wants them. */
  readonly url: string;
  readonly codecMode: CodecMode;
  /** Addresses that a camera may have; `undefined` for all. */
  readonly allowed: AddressList | undefined;
  /** How long after a picture the camera may send no other before it is connected to anew, ms. */
  readonly stallMs: number;
}

export interface JpegConfig {
  readonly targetFps: number;
  readonly maxWidthPx: number;
  /** 1-100, on the scale of the Independent JPEG Group. */
  readonly quality: number;
  /** JPEG frames that may wait for the uplink before the oldest gives way. */
  readonly bufferFrames: number;
}

export interface UplinkConfig {
  readonly ingestUrl: URL;
  readonly streamId: string;
  readonly httpVersion: "1.1" | "2";
  /** Empty for none. */
  readonly token: string;
}

export interface RetryConfig {
  /** Failures in a row before the circuit opens. */
  readonly attempts: number;
  readonly delayMs: number;
}

/** A name or address that is nothing else, not even to a program that takes options. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9._-]{0,253}[a-z0-9_.])?)$/i;
/** FFmpeg decodes user and password: a line break in them would begin another header. */
const ENCODED_CONTROL_CHARACTER = /%(?:[01][0-9a-f]|7f)/i;

const cameraUrl: Setting<URL> = {
  default: undefined,
  allowed:
    "an rtsp:// or rtsps:// URL; percent-encode / ? # @ and spaces in its password (%2F %3F %23 %40 %20)",
  schema: urlWithScheme(["rtsp:", "rtsps:"])
    .refine(({ hostname }) => HOST.test(hostname))
    .refine(({ href }) => !ENCODED_CONTROL_CHARACTER.test(href)),
  show: showWithoutCredentials,
};

const ingestUrl: Setting<URL> = {
  default: "http://127.0.0.1:3000",
  allowed: "an http:// or https:// URL without user name and password",
  schema: urlWithScheme(["http:", "https:"]).refine(({ username, password }) =>
    username === "" && password === ""
  ),
  show: showWithoutCredentials,
};

const allowedAddresses: Setting<AddressList | undefined> = {
  default: "",
  allowed: "CIDR ranges with commas between, such as 192.168.1.0/24,fd00::/8, or nothing for all",
  schema: z.string().transform((text, context) => {
    if (text === "") return undefined;
    const list = AddressList.parse(text);
    if (list === undefined) context.addIssue({ code: "custom", message: "not a list of ranges" });
    return list;
  }),
};

/** The producer's settings; `.env.example` is tested to say the same. */
export const PRODUCER_SETTINGS = {
  RTSP_URL: cameraUrl,
  INGEST_URL: ingestUrl,
  STREAM_ID: matching(
    DEFAULT_STREAM_ID,
    STREAM_ID_PATTERN,
    "1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit",
  ),
  RTSP_CODEC: oneOf("auto", CODEC_MODES),
  RTSP_TARGET_FPS: integer(30, 1, 120),
  RTSP_MAX_WIDTH: integer(1280, 16, 7680),
  RTSP_JPEG_QUALITY: integer(85, 1, 100),
  RTSP_BUFFER_SIZE: integer(1, 1, 60),
  RTSP_RETRY_ATTEMPTS: integer(3, 1, 100),
  RTSP_RETRY_DELAY: integer(5, 1, 3600),
  RTSP_STALL_MS: integer(3000, 500, 60_000),
  RTSP_ALLOW: allowedAddresses,
  INGEST_HTTP: oneOf("1.1", ["1.1", "2"]),
  PUBLISH_TOKEN: optionalSecret(),
  LOG_LEVEL: oneOf("info", LOG_LEVELS),
} as const;

/** @throws {SettingsError} naming every setting that is missing or wrong */
export function loadConfig(env: Env): ProducerConfig {
  const settings = readSettings(PRODUCER_SETTINGS, env);
  return {
    camera: {
      url: settings.RTSP_URL.href,
      codecMode: settings.RTSP_CODEC,
      allowed: settings.RTSP_ALLOW,
      stallMs: settings.RTSP_STALL_MS,
    },
    jpeg: {
      targetFps: settings.RTSP_TARGET_FPS,
      maxWidthPx: settings.RTSP_MAX_WIDTH,
      quality: settings.RTSP_JPEG_QUALITY,
      bufferFrames: settings.RTSP_BUFFER_SIZE,
    },
    uplink: {
      ingestUrl: settings.INGEST_URL,
      streamId: settings.STREAM_ID,
      httpVersion: settings.INGEST_HTTP,
      token: settings.PUBLISH_TOKEN,
    },
    retry: {
      attempts: settings.RTSP_RETRY_ATTEMPTS,
      delayMs: settings.RTSP_RETRY_DELAY * 1000,
    },
    logLevel: settings.LOG_LEVEL,
    secrets: secretsOf(settings.RTSP_URL, settings.PUBLISH_TOKEN),
  };
}

function urlWithScheme(schemes: readonly string[]) {
  return z.string()
    // Control characters: the URL parser would drop line breaks silently.
    .regex(/^[^\p{Cc}]+$/u)
    .refine((text) => URL.canParse(text))
    .transform((text) => new URL(text))
    .refine((url) => schemes.includes(url.protocol) && url.hostname !== "");
}

/** Enough to see a wrong scheme; a text that is no URL may hold the password anywhere. */
function showWithoutCredentials(given: string): string {
  if (!URL.canParse(given)) return "a value that is not a URL (not shown: it may hold a password)";
  const { protocol, host } = new URL(given);
  return `"${protocol}//…${host}…"`;
}

/** The password as it stands in the URL, as it is meant, and as Basic sends it with the user. */
function secretsOf(camera: URL, token: string): string[] {
  const encoded = camera.password;
  const password = safeDecode(encoded);
  const both = password === "" ? "" : `${safeDecode(camera.username)}:${password}`;
  return [encoded, password, both, ...secretsInQuery(camera), token]
    .filter((secret) => secret !== "");
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return text; // a lone % in the password: it is meant as it stands
    throw error;
  }
}
