import { SettingsError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { INGEST_SETTINGS, loadConfig } from "./config.ts";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

Deno.test("an empty environment gives the documented defaults, on loopback", () => {
  assert.deepEqual(loadConfig({}), {
    host: "127.0.0.1",
    port: 3000,
    workers: 1,
    limits: { maxClients: 2000, maxClientsPerAddress: 200 },
    streamLimits: {
      maxStreams: 1000,
      maxCacheBytes: 256 * 1024 * 1024,
      publish: { maxKbps: 50_000, maxFps: 240 },
    },
    maxRequestsPerSecond: 100,
    trustedProxies: "",
    maxAgeMs: 500,
    maxMemoryBytes: 1024 * 1024 * 1024,
    drainMs: 0,
    access: {
      publishToken: "",
      watchPassword: "",
      authSecret: "",
      jwks: "",
      issuer: "",
      audience: "",
      isOpen: false,
      allowedOrigins: [],
      frameAncestors: ["'self'"],
    },
    logLevel: "info",
    logFormat: "auto",
  });
});

Deno.test("every setting is taken from the environment", () => {
  const config = loadConfig({
    INGEST_HOST: "0.0.0.0",
    AUTH: "off",
    INGEST_PORT: "8080",
    INGEST_WORKERS: "4",
    MAX_CLIENTS: "7",
    MAX_CLIENTS_PER_ADDRESS: "3",
    MAX_AGE_MS: "250",
    MAX_REQUESTS_PER_SECOND: "9",
    MAX_STREAMS: "5",
    MAX_PUBLISH_KBPS: "8000",
    MAX_PUBLISH_FPS: "30",
    MAX_CACHE_MB: "2",
    TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8",
    TLS_CERT: "/etc/porthole/cert.pem",
    TLS_KEY: "/etc/porthole/key.pem",
    PUBLISH_TOKEN: "eight-or-more",
    WATCH_PASSWORD: "correct horse",
    AUTH_SECRET: "x".repeat(32),
    AUTH_JWKS: "keys.json",
    AUTH_ISSUER: "https://id.example",
    AUTH_AUDIENCE: "porthole",
    ALLOWED_ORIGINS: "https://a.example, http://b:8080",
    FRAME_ANCESTORS: "self https://*.example.com",
    MAX_MEMORY_MB: "64",
    DRAIN_SECONDS: "20",
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json",
  });
  assert.deepEqual(config, {
    host: "0.0.0.0",
    port: 8080,
    workers: 4,
    limits: { maxClients: 7, maxClientsPerAddress: 3 },
    streamLimits: {
      maxStreams: 5,
      maxCacheBytes: 2 * 1024 * 1024,
      publish: { maxKbps: 8_000, maxFps: 30 },
    },
    maxRequestsPerSecond: 9,
    trustedProxies: "127.0.0.1,10.0.0.0/8",
    certificateFiles: { certPath: "/etc/porthole/cert.pem", keyPath: "/etc/porthole/key.pem" },
    maxAgeMs: 250,
    maxMemoryBytes: 64 * 1024 * 1024,
    drainMs: 20_000,
    access: {
      publishToken: "eight-or-more",
      watchPassword: "correct horse",
      authSecret: "x".repeat(32),
      jwks: "keys.json",
      issuer: "https://id.example",
      audience: "porthole",
      isOpen: true,
      allowedOrigins: ["https://a.example", "http://b:8080"],
      frameAncestors: ["'self'", "https://*.example.com"],
    },
    logLevel: "debug",
    logFormat: "json",
  });
});

Deno.test("all problems are told at once, an exposed address among them", () => {
  const problems = problemsOf({
    INGEST_HOST: "0.0.0.0",
    INGEST_PORT: "http",
    INGEST_WORKERS: "0",
    MAX_CLIENTS: "0",
    MAX_CLIENTS_PER_ADDRESS: "-1",
    MAX_AGE_MS: "1",
    PUBLISH_TOKEN: "short",
    ALLOWED_ORIGINS: "example.com",
    FRAME_ANCESTORS: "self; script-src *",
    LOG_LEVEL: "loud",
  });
  assert.deepEqual(problems.map((problem) => problem.split(":")[0]).sort(), [
    "ALLOWED_ORIGINS",
    "FRAME_ANCESTORS",
    "INGEST_HOST",
    "INGEST_PORT",
    "INGEST_WORKERS",
    "LOG_LEVEL",
    "MAX_AGE_MS",
    "MAX_CLIENTS",
    "MAX_CLIENTS_PER_ADDRESS",
    "PUBLISH_TOKEN",
  ]);
  assert.ok(problems.every((problem) => problem.includes("allowed: ")), problems.join("\n"));
});

for (const [set, missing] of [["TLS_CERT", "TLS_KEY"], ["TLS_KEY", "TLS_CERT"]] as const) {
  Deno.test(`${set} alone is refused: it needs ${missing}`, () => {
    const [problem = "", ...others] = problemsOf({ [set]: "/some/file.pem", [missing]: " " });
    assert.equal(others.length, 0);
    assert.match(problem, new RegExp(`^${missing}: not set, though ${set} is; allowed: both`));
  });
}

for (const name of ["AUTH_ISSUER", "AUTH_AUDIENCE"]) {
  Deno.test(`${name} without AUTH_JWKS is refused: it would be asked of no token`, () => {
    const [problem = "", ...others] = problemsOf({ [name]: "x", AUTH_SECRET: "x".repeat(32) });
    assert.equal(others.length, 0);
    assert.match(problem, new RegExp(`^${name}: set, though AUTH_JWKS is not; allowed: `));
  });
}

Deno.test("an AUTH that is neither on nor off is told, and is not taken for off", () => {
  const problems = problemsOf({ INGEST_HOST: "0.0.0.0", AUTH: "none" });
  assert.deepEqual(problems, ['AUTH: given "none"; allowed: one of on, off']);
});

for (const host of ["0.0.0.0", "::", "192.168.1.5", "localhost.example.com", "127.0.0.1.evil"]) {
  Deno.test(`${host} is refused while publishing or watching is open, with cause and cure`, () => {
    const [problem = "", ...others] = problemsOf({ INGEST_HOST: host });
    assert.equal(others.length, 0);
    assert.match(problem, /^INGEST_HOST: .*loopback.*anyone who can reach.*AUTH=off/);
    assert.match(problem, /set PUBLISH_TOKEN.*set WATCH_PASSWORD/);
    const publish = { INGEST_HOST: host, PUBLISH_TOKEN: "eight-or-more" };
    const watch = { INGEST_HOST: host, WATCH_PASSWORD: "eight-or-more" };
    assert.match(problemsOf(publish).join(), /could watch \(set WATCH_PASSWORD\)\./);
    assert.match(problemsOf(watch).join(), /could publish \(set PUBLISH_TOKEN\)\./);
    assert.deepEqual(problemsOf({ ...publish, ...watch }), []);
    assert.deepEqual(problemsOf({ INGEST_HOST: host, AUTH_SECRET: "x".repeat(32) }), []);
    assert.deepEqual(problemsOf({ INGEST_HOST: host, AUTH_JWKS: "https://keys.example/" }), []);
    assert.equal(loadConfig({ INGEST_HOST: host, AUTH: "off" }).host, host);
  });
}

for (const host of ["::1", "127.0.0.2", "localhost", "Localhost"]) {
  Deno.test(`${host} is loopback`, () => {
    assert.equal(loadConfig({ INGEST_HOST: host }).host, host);
  });
}

Deno.test("secrets that are wrong are not shown", () => {
  for (const name of ["PUBLISH_TOKEN", "WATCH_PASSWORD", "AUTH_SECRET", "AUTH_JWKS"]) {
    const [problem = ""] = problemsOf({ [name]: "http://a \u0007" });
    assert.match(problem, new RegExp(`^${name}: given a value not shown here; allowed: `));
  }
});

for (
  const [name, value] of [
    ["TRUSTED_PROXIES", "proxy.lan"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["AUTH_SECRET", "x".repeat(31)],
    ["WATCH_PASSWORD", "seven77"],
    ["AUTH_JWKS", "https://user:password@keys.example/"],
    ["AUTH_JWKS", "http://127.0.0.1.evil.example/"],
    ["AUTH_JWKS", "ftp://keys.example/"],
    ["ALLOWED_ORIGINS", "*"],
    ["ALLOWED_ORIGINS", "null"],
    ["ALLOWED_ORIGINS", "https://*.example.com"],
    ["ALLOWED_ORIGINS", "https://example.com/"],
    ["ALLOWED_ORIGINS", "https://EXAMPLE.com"],
    ["FRAME_ANCESTORS", "*"],
    ["FRAME_ANCESTORS", "none, self"],
    ["FRAME_ANCESTORS", "https://example.com/path"],
  ] as const
) {
  Deno.test(`${name} is not ${value}`, () => {
    assert.match(problemsOf({ [name]: value }).join(), new RegExp(`^${name}: given .*; allowed: `));
  });
}

Deno.test("an issuer's keys may come by plain http from this machine alone", () => {
  for (const url of ["http://127.0.0.1:8080/jwks", "http://localhost/jwks", "http://[::1]:1/"]) {
    assert.equal(loadConfig({ AUTH_JWKS: url }).access.jwks, url);
  }
});

Deno.test("each setting's default is one it allows", () => {
  const defaults = Object.entries(INGEST_SETTINGS).map(([name, s]) => [name, s.default ?? ""]);
  assert.deepEqual(problemsOf(Object.fromEntries(defaults)), []);
});
