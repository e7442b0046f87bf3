import { refusalOf as refusalOfResponse, TestApp } from "../../../../ingest/testing/test_app.ts";
import { GOLDEN_FRAMES } from "../corpus.ts";
import { likeMessage } from "../messagepack.ts";
import { concatenate, mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";
import { scriptOf, stepsOf } from "./script.ts";

const METHODS: readonly string[] = [
  ...[
    "GET",
    "GET",
    "GET",
    "POST",
    "POST",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "PATCH",
    "X",
  ],
];
const SEGMENTS: readonly string[] = [
  ...["api", "streams", "ingest", "ws", "metrics", "healthz", "readyz", "viewers", "mjpeg", ""],
  ...["default", "door", "DOOR", "..", ".", "%2e%2e", "%2F", "%00", "%ff", "a%0d%0ab", "%", "*"],
  ...["__proto__", "constructor", "main.js", "style.css", "x".repeat(65), "é", "<script>", "a b"],
];
const PATHS: readonly string[] = [
  ...["/", "/ingest", "/ingest/door", "/ws", "/ws/door", "/api/streams", "/api/streams/door"],
  ...["/api/streams/door/viewers", "/api/streams/nobody/snapshot.jpg", "/api/streams/nobody/mjpeg"],
  ...["/metrics", "/healthz", "/main.js", "/../deno.json", "//", "/?stream=%3Cscript%3E"],
];
const HEADERS: Readonly<Record<string, readonly string[]>> = {
  "content-type": [
    ...["application/msgpack", "application/octet-stream", "application/vnd.porthole.live"],
    ...[
      "text/plain",
      "application/msgpack; charset=x",
      ";",
      "APPLICATION/MSGPACK",
      "x".repeat(9_000),
    ],
  ] as const,
  authorization: [
    "Bearer secret-token",
    "Bearer wrong",
    "Bearer",
    "Basic YTpi",
    "bearer  secret-token ",
  ],
  accept: ["text/plain", "application/openmetrics-text", "*/*", "application/json", ","],
  "content-length": ["0", "1", "-1", "99999999999", "NaN", "1e9", "0x10"],
  upgrade: ["websocket", "h2c"],
  host: ["evil.example", "", "[::1"],
  origin: ["http://evil.example", "null", ""],
  cookie: ["session=x", "__proto__=1; a", "=".repeat(500)],
  "x-forwarded-for": ["127.0.0.1"],
};
const TOKEN = "secret-token";
const REFUSALS: Readonly<Record<number, readonly string[]>> = {
  400: [
    ...["malformed", "too_deep", "invalid_frame", "invalid_control", "invalid_jpeg"],
    ...["invalid_access_unit", "invalid_stream_id"],
  ],
  401: ["unauthorized"],
  403: ["forbidden", "operators_only", "foreign_origin", "foreign_host"],
  404: ["not_found", "unknown_stream"],
  408: ["too_slow"],
  409: ["stream_taken"],
  413: ["too_large"],
  415: ["unsupported_media_type"],
  426: ["upgrade_required"],
  429: ["too_many_requests", "too_fast"],
  503: ["too_many_clients", "too_many_streams", "no_picture", "viewer_missing", "too_busy"],
};

/** Ingest's routes without a socket: each refusal has its code, and none is a fault of the server. */
export function routesTarget(): FuzzTarget {
  return {
    name: "routes",
    perMille: 8,
    generate(random) {
      const requests = Array.from({ length: 1 + random.small(4) }, () => requestOf(random));
      return scriptOf(requests.map((payload) => ({ kind: 0, payload })));
    },
    async run(input, random) {
      using app = new TestApp(random.chance(0.5) ? { env: { PUBLISH_TOKEN: TOKEN } } : {});
      app.address = random.pick(["127.0.0.1", "192.0.2.7", "unknown"]);
      let outcome = ACCEPTED;
      for (const { payload } of stepsOf(input)) outcome = await ask(app, payload);
      return outcome;
    },
  };
}

/** A head of lines as HTTP has it, then the body. */
function requestOf(random: Random): Uint8Array {
  const path = random.chance(0.8)
    ? random.pick(PATHS)
    : `/${Array.from({ length: random.small(6) }, () => random.pick(SEGMENTS)).join("/")}`;
  const headers = Object.entries(HEADERS)
    .filter(() => random.chance(0.25))
    .map(([name, values]) => `${name}: ${random.pick(values)}\n`);
  const method = random.pick(METHODS);
  const head = new TextEncoder().encode(`${method} ${path}\n${headers.join("")}\n`);
  const body = method === "GET" ? new Uint8Array(0) : bodyOf(random);
  return random.chance(0.05)
    ? mutate(concatenate([head, body]), random)
    : concatenate([head, body]);
}

function bodyOf(random: Random): Uint8Array {
  if (random.chance(0.1)) return random.bytes(random.small(100));
  return likeMessage({ ...random.pick(GOLDEN_FRAMES), timestamp: Date.now() }, random);
}

async function ask(app: TestApp, payload: Uint8Array): Promise<string> {
  const request = parse(payload);
  if (request === undefined) return "no request";
  const response = await app.fetch(request.path, request.init);
  promise(response.status < 500 || response.status === 503, `status ${response.status}`);
  if (response.status >= 400 && request.init.method !== "HEAD") {
    const [status, code] = await refusalOfResponse(response);
    promise(REFUSALS[status]?.includes(code) ?? false, `${status} ${code}`);
    return code;
  }
  await response.body?.cancel();
  return response.status >= 400 ? "refused without a body" : ACCEPTED;
}

/** `undefined` for what no client could send. */
function parse(payload: Uint8Array): { path: string; init: RequestInit } | undefined {
  const end = payload.findIndex((byte, at) => byte === 0x0a && payload[at + 1] === 0x0a);
  const head = new TextDecoder().decode(payload.subarray(0, end < 0 ? undefined : end + 1));
  const [first = "", ...lines] = head.split("\n");
  const [method = "", path = ""] = first.split(" ");
  // RFC 9112, 3.2.1: what begins otherwise would go to another host, or port.
  if (!path.startsWith("/")) return undefined;
  try {
    const headers = new Headers(
      lines.filter((line) => line.includes(": ")).map((line) => {
        const [name = "", ...value] = line.split(": ");
        return [name, value.join(": ")];
      }),
    );
    const hasBody = method !== "GET" && method !== "HEAD" && end >= 0;
    const init = { method, headers, ...(hasBody ? { body: payload.slice(end + 2) } : {}) };
    new Request(`http://ingest${path}`, init);
    return { path, init };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
