import assert from "node:assert/strict";
import { createRedact, SettingsError } from "@porthole/protocol/service";
import { loadConfig, loadService } from "./config.ts";

const RTSP_URL = "rtsp://cam.example/1";

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.problems;
  }
}

Deno.test("with the camera's URL alone everything else has its default", () => {
  const { uplink, ...config } = loadConfig({ RTSP_URL });
  assert.deepEqual(config, {
    camera: { url: RTSP_URL, codecMode: "auto", allowed: undefined, stallMs: 3000 },
    name: "",
    isOnDemand: false,
    renditions: ["jpeg", "low"],
    jpeg: { targetFps: 30, maxWidthPx: 1280, quality: 85, bufferFrames: 1 },
    retry: { attempts: 3, delayMs: 5000 },
    secrets: [],
  });
  assert.deepEqual(
    { ...uplink, ingestUrl: uplink.ingestUrl.href },
    { ingestUrl: "http://127.0.0.1:3000/", streamId: "default", httpVersion: "1.1", token: "" },
  );
});

Deno.test("every setting reaches its place", () => {
  const { uplink, camera, ...config } = loadConfig({
    RTSP_URL: "rtsps://cam:322/a?b=c",
    INGEST_URL: "https://ingest.example:8443",
    STREAM_ID: "front-door_2",
    RTSP_CODEC: "jpeg",
    RTSP_TARGET_FPS: "12",
    RTSP_MAX_WIDTH: "640",
    RTSP_JPEG_QUALITY: "50",
    RTSP_BUFFER_SIZE: "4",
    RTSP_RETRY_ATTEMPTS: "7",
    RTSP_RETRY_DELAY: "2",
    RTSP_STALL_MS: "700",
    RTSP_ALLOW: "192.168.1.0/24, fd00::/8",
    INGEST_HTTP: "2",
    PUBLISH_TOKEN: "let-me-publish",
  });
  const { allowed, ...others } = camera;
  assert.equal(allowed?.text, "192.168.1.0/24, fd00::/8");
  assert.deepEqual(others, { url: "rtsps://cam:322/a?b=c", codecMode: "jpeg", stallMs: 700 });
  assert.deepEqual(config, {
    name: "",
    isOnDemand: false,
    renditions: ["jpeg", "low"],
    jpeg: { targetFps: 12, maxWidthPx: 640, quality: 50, bufferFrames: 4 },
    retry: { attempts: 7, delayMs: 2000 },
    secrets: ["let-me-publish"],
  });
  assert.deepEqual({ ...uplink, ingestUrl: uplink.ingestUrl.href }, {
    ingestUrl: "https://ingest.example:8443/",
    streamId: "front-door_2",
    httpVersion: "2",
    token: "let-me-publish",
  });
});

Deno.test("what is not about one camera has its defaults, and reaches its place too", () => {
  assert.deepEqual(loadService({}), {
    ...{ logLevel: "info", logFormat: "auto", control: undefined, metrics: undefined, secrets: [] },
  });
  const service = loadService({
    CONTROL_PORT: "9100",
    CONTROL_TOKEN: "0123456789abcdef",
    METRICS_HOST: "0.0.0.0",
    METRICS_PORT: "9101",
    LOG_LEVEL: "debug",
    LOG_FORMAT: "json",
  });
  assert.deepEqual(service, {
    logLevel: "debug",
    logFormat: "json",
    control: { port: 9100, token: "0123456789abcdef" },
    metrics: { host: "0.0.0.0", port: 9101 },
    secrets: ["0123456789abcdef"],
  });
});

Deno.test("all problems are told at once: the name, what was given, what is allowed", () => {
  const wrong = {
    STREAM_ID: "../etc",
    RTSP_CODEC: "mpeg2",
    RTSP_TARGET_FPS: "0",
    RTSP_MAX_WIDTH: "1e3",
    RTSP_JPEG_QUALITY: "101",
    RTSP_BUFFER_SIZE: "-1",
    RTSP_RETRY_ATTEMPTS: "many",
    RTSP_RETRY_DELAY: "0.5",
    RTSP_STALL_MS: "100",
    RTSP_ALLOW: "192.168.1.0/33",
    INGEST_HTTP: "3",
    METRICS_HOST: "localhost",
    METRICS_PORT: "65536",
    LOG_LEVEL: "loud",
    LOG_FORMAT: "xml",
  };
  const problems = problemsOf(wrong);
  assert.deepEqual(
    problems.map((problem) => problem.split(":")[0]).sort(),
    ["RTSP_URL", ...Object.keys(wrong)].sort(),
  );
  for (const [name, given] of Object.entries(wrong)) {
    const problem = problems.find((line) => line.startsWith(`${name}:`)) ?? "";
    assert.ok(problem.includes(`given ${JSON.stringify(given)}; allowed: `), problem);
  }
  assert.match(problems.join("\n"), /RTSP_URL: not set; allowed: an rtsp:\/\/ or rtsps:\/\/ URL/);
});

Deno.test("only RTSP URLs of a host, without control characters, are cameras", () => {
  const refused = [
    "http://cam/1",
    "file:///etc/passwd",
    "exec:cat /etc/passwd",
    "-i /etc/passwd",
    "rtsp:///1",
    "cam/1",
    "rtsp://cam/1\nX-Header: y",
    "rtsp://cam/\u0000",
    "rtsp://-oProxyCommand/1",
    "rtsp://cam%20x/1",
    "rtsp://a%0d%0aX-Header:y@cam/1",
    "rtsp://a:%7f@cam/1",
  ];
  for (const url of refused) assert.equal(problemsOf({ RTSP_URL: url }).length, 1, url);
  for (const url of ["rtsp://cam", "rtsps://[::1]:322/x y"]) {
    assert.deepEqual(problemsOf({ RTSP_URL: url }), [], url);
  }
});

Deno.test("an ingest URL carries no credentials", () => {
  for (const INGEST_URL of ["http://user@host", "http://user:word@host", "http://:word@host"]) {
    const [problem = ""] = problemsOf({ RTSP_URL, INGEST_URL });
    assert.match(problem, /given "http:\/\/…host…"; allowed: .* without user name and password/);
  }
  assert.match(problemsOf({ RTSP_URL, INGEST_URL: "ftp://ingest" })[0] ?? "", /"ftp:\/\/…ingest…"/);
});

Deno.test("what is wrong with a secret is told without the secret", () => {
  const urls = ["http://admin:hunter22@cam/1?pw=hunter22", "admin:hunter22@cam", "hunter22 @cam"];
  for (const url of urls) {
    const problems = problemsOf({ RTSP_URL: url, PUBLISH_TOKEN: "has a space", INGEST_URL: url });
    assert.ok(problems.length >= 2);
    assert.doesNotMatch(problems.join("\n"), /hunter22|has a space/, problems.join("\n"));
  }
});

Deno.test("passwords with : @ and a space reach FFmpeg percent-encoded, and stay secret", () => {
  for (const given of ["p:a@s word", "p%3Aa%40s%20word"]) {
    const { camera, secrets } = loadConfig({ RTSP_URL: `rtsp://admin:${given}@cam/1` });
    assert.equal(camera.url, "rtsp://admin:p%3Aa%40s%20word@cam/1");
    const redact = createRedact(secrets);
    for (const text of ["p:a@s word", "p%3Aa%40s%20word", camera.url, `rtsp://a:${given}@cam`]) {
      assert.doesNotMatch(redact(`it says ${text}.`), /s word|s%20word/, text);
    }
  }
});

Deno.test("a lone % in a password stands for itself", () => {
  assert.deepEqual(loadConfig({ RTSP_URL: "rtsp://a:100%@cam/1" }).secrets, [
    "100%",
    "100%",
    "a:100%",
  ]);
});
