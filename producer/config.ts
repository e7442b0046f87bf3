import {
  DEFAULT_STREAM_ID,
  JPEG_RENDITION,
  LOW_RENDITION,
  STREAM_ID_PATTERN,
} from "@porthole/protocol";
import {
  AddressList,
  type Env,
  integer,
  LOG_FORMATS,
  LOG_LEVELS,
  matching,
  oneOf,
  optionalSecret,
  readSettings,
  secretsInQuery,
  type Setting,
  SettingsError,
} from "@porthole/protocol/service";
import { z } from "zod";

export const CODEC_MODES = ["auto", "h264", "jpeg"] as const;
export type CodecMode = (typeof CODEC_MODES)[number];

/** What can be made of a camera besides its own pictures, while somebody wants it. */
export const MADE_RENDITIONS = [JPEG_RENDITION, LOW_RENDITION] as const;
export type MadeRendition = (typeof MADE_RENDITIONS)[number];

/** One camera and where its frames go. */
export interface ProducerConfig {
  /** For people; empty for none. */
  readonly name: string;
  readonly camera: CameraConfig;
  /** Whether the camera is connected to only while somebody watches. */
  readonly isOnDemand: boolean;
  readonly renditions: readonly MadeRendition[];
  readonly jpeg: JpegConfig;
  readonly uplink: UplinkConfig;
  readonly retry: RetryConfig;
  /** What must not appear in any output. */
  readonly secrets: readonly string[];
}

/** What the settings say of every camera, unless a camera says otherwise itself. */
export type CameraDefaults =
  & Pick<ProducerConfig, "jpeg" | "retry">
  & { readonly camera: Omit<CameraConfig, "url">; readonly uplink: Omit<UplinkConfig, "streamId"> };

/** A camera as somebody wrote it down; what is left out is as in the defaults. */
export interface CameraEntry {
  /** Its stream's id. */
  readonly id: string;
  readonly url: URL;
  readonly name?: string;
  readonly codecMode?: CodecMode;
  readonly targetFps?: number;
  readonly maxWidthPx?: number;
  readonly isOnDemand?: boolean;
  readonly renditions?: readonly MadeRendition[];
}

/** What is not about any one camera. */
export interface ServiceConfig {
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
  /** `undefined` while nobody may change cameras but by the file. */
  readonly control: ControlConfig | undefined;
  /** `undefined` where nobody asks. */
  readonly metrics: MetricsConfig | undefined;
  readonly secrets: readonly string[];
}

export interface CameraFileConfig {
  readonly path: string;
  /** Whether it is another than the default, so that it has to be there. */
  readonly isNamed: boolean;
}

export interface ControlConfig {
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly token: string;
}

/** Where the producer tells of itself. */
export interface MetricsConfig {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
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

export const cameraUrl: Setting<URL> = {
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

export const STREAM_ID_ALLOWED = "1 to 64 of a-z, 0-9, _ and -, starting with a letter or digit";

/** Where the cameras are written down, unless CONFIG says otherwise. */
export const CAMERA_FILE = "porthole.yaml";

const optionalPort: Setting<number | undefined> = {
  default: "",
  allowed: "a whole number from 0 to 65535, 0 takes a free one; or nothing for none",
  schema: z.string().regex(/^\d{0,5}$/)
    .transform((text) => text === "" ? undefined : Number(text))
    .pipe(z.int().max(65_535).optional()),
};

/** Settings of a single camera, where there is no file of many. */
const ONE_CAMERA = {
  RTSP_URL: cameraUrl,
  STREAM_ID: matching(DEFAULT_STREAM_ID, STREAM_ID_PATTERN, STREAM_ID_ALLOWED),
};

/** What the settings say of each camera. */
const EACH_CAMERA = {
  INGEST_URL: ingestUrl,
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
};

const SERVICE = {
  CONFIG: matching(CAMERA_FILE, /^\S+$/, "a file's path without spaces"),
  CONTROL_PORT: optionalPort,
  CONTROL_TOKEN: optionalSecret(16),
  METRICS_HOST: matching(
    "127.0.0.1",
    /^[a-fA-F0-9.:]+$/,
    "an address to listen on, such as 127.0.0.1, ::1 or 0.0.0.0",
  ),
  METRICS_PORT: optionalPort,
  LOG_LEVEL: oneOf("info", LOG_LEVELS),
  LOG_FORMAT: oneOf("auto", LOG_FORMATS),
};

/** The producer's settings; `.env.example` is tested to say the same. */
export const PRODUCER_SETTINGS = { ...ONE_CAMERA, ...EACH_CAMERA, ...SERVICE } as const;

/**
 * The one camera at RTSP_URL.
 *
 * @throws {SettingsError} naming every setting that is missing or wrong, those of the service too
 */
export function loadConfig(env: Env): ProducerConfig {
  const { RTSP_URL, STREAM_ID, ...others } = readSettings(PRODUCER_SETTINGS, env);
  return configOf({ id: STREAM_ID, url: RTSP_URL }, defaultsOf(others));
}

/** @throws {SettingsError} naming every setting that is wrong, but those of a single camera */
export function loadCameraDefaults(env: Env): CameraDefaults {
  return defaultsOf(readSettings({ ...EACH_CAMERA, ...SERVICE }, env));
}

/** Where to look for the file of cameras, whatever else the settings say. */
export function cameraFileOf(env: Env): CameraFileConfig {
  const path = env["CONFIG"]?.trim() || CAMERA_FILE;
  return { path, isNamed: path !== CAMERA_FILE };
}

/** @throws {SettingsError} */
export function loadService(env: Env): ServiceConfig {
  const settings = readSettings(SERVICE, env);
  const { CONTROL_PORT, CONTROL_TOKEN, METRICS_HOST, METRICS_PORT } = settings;
  if (CONTROL_PORT !== undefined && CONTROL_TOKEN === "") {
    throw new SettingsError([
      "CONTROL_TOKEN: not set; whoever may change cameras has to be asked for it: set it beside CONTROL_PORT",
    ]);
  }
  return {
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT,
    control: CONTROL_PORT === undefined ? undefined : { port: CONTROL_PORT, token: CONTROL_TOKEN },
    metrics: METRICS_PORT === undefined ? undefined : { host: METRICS_HOST, port: METRICS_PORT },
    secrets: CONTROL_TOKEN === "" ? [] : [CONTROL_TOKEN],
  };
}

/** A camera with all that it does not say of itself. */
export function configOf(entry: CameraEntry, defaults: CameraDefaults): ProducerConfig {
  const { camera, jpeg, uplink, retry } = defaults;
  const { id, url, name = "", isOnDemand = false, renditions = MADE_RENDITIONS } = entry;
  return {
    name,
    camera: { ...camera, url: url.href, codecMode: entry.codecMode ?? camera.codecMode },
    isOnDemand,
    renditions,
    jpeg: {
      ...jpeg,
      targetFps: entry.targetFps ?? jpeg.targetFps,
      maxWidthPx: entry.maxWidthPx ?? jpeg.maxWidthPx,
    },
    uplink: { ...uplink, streamId: id },
    retry,
    secrets: secretsOf(url, uplink.token),
  };
}

type EachCameraValues = Omit<
  ReturnType<typeof readSettings<typeof PRODUCER_SETTINGS>>,
  "RTSP_URL" | "STREAM_ID"
>;

function defaultsOf(settings: EachCameraValues): CameraDefaults {
  return {
    camera: {
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
      httpVersion: settings.INGEST_HTTP,
      token: settings.PUBLISH_TOKEN,
    },
    retry: {
      attempts: settings.RTSP_RETRY_ATTEMPTS,
      delayMs: settings.RTSP_RETRY_DELAY * 1000,
    },
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
export function secretsOf(camera: URL, token: string): string[] {
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
