import {
  ACCESS_SETTINGS,
  type AccessConfig,
  issuerProblems,
  openDoors,
} from "./access/access_config.ts";
import type { CertificateFiles } from "./tls/certificate.ts";
import type { StreamLimits } from "./limits/stream_limits.ts";
import { z } from "zod";
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
  type Setting,
  SettingsError,
} from "@porthole/protocol/service";

export interface IngestConfig {
  readonly host: string;
  readonly port: number;
  /** Threads that the fan-out is spread over. */
  readonly workers: number;
  readonly limits: ClientLimits;
  readonly streamLimits: StreamLimits;
  /** Requests, and connections, that one address may begin a second. */
  readonly maxRequestsPerSecond: number;
  /** Of all threads together, whatever they are for; what viewers and others need where not given. */
  readonly maxConnections?: number;
  /** Ranges of addresses, as they were set; empty for none. Plain data: workers are given it. */
  readonly trustedProxies: string;
  /** With them the port speaks TLS. */
  readonly certificateFiles?: CertificateFiles;
  /** A viewer further behind than this loses frames up to the next keyframe, ms. */
  readonly maxAgeMs: number;
  /** Of the whole process; where its container allows less, that counts. */
  readonly maxMemoryBytes: number;
  /** How long it goes on, and says that it is not ready, when it is told to stop. */
  readonly drainMs: number;
  readonly access: AccessConfig;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
}

export interface ClientLimits {
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
}

/** Ingest's settings; `.env.example` is tested to say the same. */
export const INGEST_SETTINGS = {
  INGEST_HOST: matching(
    "127.0.0.1",
    /^[a-zA-Z0-9.:_-]+$/,
    "an address or host name to listen on, such as 127.0.0.1, ::1 or 0.0.0.0",
  ),
  INGEST_PORT: integer(3000, 0, 65_535),
  INGEST_WORKERS: integer(1, 1, 64),
  MAX_CLIENTS: integer(2000, 1, 100_000),
  MAX_CLIENTS_PER_ADDRESS: integer(200, 1, 100_000),
  MAX_AGE_MS: integer(500, 50, 60_000),
  MAX_REQUESTS_PER_SECOND: integer(100, 1, 1_000_000),
  MAX_STREAMS: integer(1000, 1, 100_000),
  MAX_PUBLISH_KBPS: integer(50_000, 100, 10_000_000),
  MAX_PUBLISH_FPS: integer(240, 1, 10_000),
  MAX_CACHE_MB: integer(256, 1, 1_000_000),
  TRUSTED_PROXIES: {
    default: "",
    allowed: "addresses or ranges with commas between, such as 127.0.0.1,10.0.0.0/8, or nothing",
    schema: z.string().refine((text) => text === "" || AddressList.parse(text) !== undefined),
  },
  MAX_MEMORY_MB: integer(1024, 16, 1_000_000),
  DRAIN_SECONDS: integer(0, 0, 3600),
  TLS_CERT: optionalPath(),
  TLS_KEY: optionalPath(),
  AUTH: oneOf("on", ["on", "off"]),
  PUBLISH_TOKEN: optionalSecret(),
  ...ACCESS_SETTINGS,
  LOG_LEVEL: oneOf("info", LOG_LEVELS),
  LOG_FORMAT: oneOf("auto", LOG_FORMATS),
} as const;

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/i;

/** Whether an address is of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/** @throws {SettingsError} naming every setting that is missing or wrong */
export function loadConfig(env: Env): IngestConfig {
  const problems = [
    ...problemsOf(INGEST_SETTINGS, env),
    ...exposureProblems(env),
    ...tlsProblems(env),
    ...issuerProblems(env),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  const settings = readSettings(INGEST_SETTINGS, env);
  return {
    host: settings.INGEST_HOST,
    port: settings.INGEST_PORT,
    workers: settings.INGEST_WORKERS,
    limits: {
      maxClients: settings.MAX_CLIENTS,
      maxClientsPerAddress: settings.MAX_CLIENTS_PER_ADDRESS,
    },
    streamLimits: {
      maxStreams: settings.MAX_STREAMS,
      maxCacheBytes: settings.MAX_CACHE_MB * 1024 * 1024,
      publish: { maxKbps: settings.MAX_PUBLISH_KBPS, maxFps: settings.MAX_PUBLISH_FPS },
    },
    maxRequestsPerSecond: settings.MAX_REQUESTS_PER_SECOND,
    trustedProxies: settings.TRUSTED_PROXIES,
    ...(settings.TLS_CERT === ""
      ? {}
      : { certificateFiles: { certPath: settings.TLS_CERT, keyPath: settings.TLS_KEY } }),
    maxAgeMs: settings.MAX_AGE_MS,
    maxMemoryBytes: settings.MAX_MEMORY_MB * 1024 * 1024,
    drainMs: settings.DRAIN_SECONDS * 1000,
    access: {
      publishToken: settings.PUBLISH_TOKEN,
      watchPassword: settings.WATCH_PASSWORD,
      authSecret: settings.AUTH_SECRET,
      jwks: settings.AUTH_JWKS,
      issuer: settings.AUTH_ISSUER,
      audience: settings.AUTH_AUDIENCE,
      isOpen: settings.AUTH === "off",
      allowedOrigins: settings.ALLOWED_ORIGINS,
      frameAncestors: settings.FRAME_ANCESTORS,
    },
    logLevel: settings.LOG_LEVEL,
    logFormat: settings.LOG_FORMAT,
  };
}

function problemsOf(settings: Record<string, Setting<unknown>>, env: Env): readonly string[] {
  try {
    readSettings(settings, env);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

function optionalPath(): Setting<string> {
  return matching("", /^\P{Cc}*$/u, "the path of a file in PEM, or nothing");
}

/** One of the two is of no use. */
function tlsProblems(env: Env): readonly string[] {
  const isSet = (name: "TLS_CERT" | "TLS_KEY") => (env[name]?.trim() ?? "") !== "";
  if (isSet("TLS_CERT") === isSet("TLS_KEY")) return [];
  const [set, missing] = isSet("TLS_CERT") ? ["TLS_CERT", "TLS_KEY"] : ["TLS_KEY", "TLS_CERT"];
  return [
    `${missing}: not set, though ${set} is; allowed: both for TLS, or neither for none`,
  ];
}

/** Of these two settings alone, so that it is told along with whatever else is wrong. */
function exposureProblems(env: Env): readonly string[] {
  const { INGEST_HOST, AUTH } = INGEST_SETTINGS;
  if (problemsOf({ INGEST_HOST, AUTH }, env).length > 0) return [];
  const { INGEST_HOST: host, AUTH: auth } = readSettings({ INGEST_HOST, AUTH }, env);
  const doors = openDoors(env);
  if (auth === "off" || isLoopback(host) || doors.length === 0) return [];
  return [
    `INGEST_HOST: given "${host}"; allowed: a loopback address, for as long as anyone who can ` +
    `reach another one could ${doors.join(" and ")}. AUTH_SECRET or AUTH_JWKS would do for both; ` +
    "AUTH=off opens it all the same, to everyone",
  ];
}
