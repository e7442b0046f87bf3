import { TestIngest } from "../../../../ingest/testing/test_ingest.ts";
import { GOLDEN_FRAMES } from "../corpus.ts";
import { likeMessage } from "../messagepack.ts";
import { chunked, concatenate, mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";

const REQUEST_LINES: readonly string[] = [
  ...["GET / HTTP/1.1", "GET /healthz HTTP/1.1", "GET /api/streams HTTP/1.1", "GET /ws HTTP/1.1"],
  ...["POST /ingest HTTP/1.1", "POST /ingest/door HTTP/1.1", "POST /ingest HTTP/1.0"],
  ...[
    "GET http://evil/ HTTP/1.1",
    "GET * HTTP/1.1",
    "CONNECT evil:443 HTTP/1.1",
    "OPTIONS * HTTP/1.1",
  ],
  ...["GET /ws/door HTTP/1.1", "PRI * HTTP/2.0", "GET / HTTP/3.0", "GET  /  HTTP/1.1", "G", ""],
];
const HEADER_LINES: readonly string[] = [
  ...[
    "Host: ingest",
    "Host: a\r\nHost: b",
    "Connection: close",
    "Connection: Upgrade",
    "Connection: ,",
  ],
  ...[
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ],
  ...[
    "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Protocol: porthole.v1",
    "Sec-WebSocket-Protocol: ,,",
  ],
  ...["Content-Type: application/msgpack", "Content-Type: application/vnd.porthole.live"],
  ...["Content-Length: 3", "Content-Length: -1", "Content-Length: 99999999999999999999"],
  ...["Transfer-Encoding: chunked", "Transfer-Encoding: gzip", "Expect: 100-continue", "Expect: x"],
  ...[": empty", "no colon", "A: \0", " folded: x", `Long: ${"x".repeat(20_000)}`, "Cookie: a=b"],
];
const UPGRADE = [
  ...["GET /ws HTTP/1.1", "Host: ingest", "Connection: Upgrade", "Upgrade: websocket"],
  ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
  ...["Sec-WebSocket-Protocol: porthole.v1", "", ""],
];
const HTTP2_START = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/** What does not answer by then waits for more, and is left to its own bounds. */
const ANSWER_WITHIN_MS = 40;
const ENOUGH_BYTES = 4_096;

/** A real ingest on a real socket: broken HTTP ends a connection, never the server. */
export async function httpTarget(): Promise<FuzzTarget> {
  const ingest = await TestIngest.start({
    MAX_CLIENTS: "100000",
    MAX_CLIENTS_PER_ADDRESS: "100000",
  });
  return {
    name: "http",
    perMille: 2,
    generate(random) {
      const bytes = new TextEncoder().encode(headOf(random));
      const whole = concatenate([bytes, bodyOf(random)]);
      return random.chance(0.3) ? mutate(whole, random) : whole;
    },
    async run(input, random) {
      const answer = await exchange(ingest.address, chunked(input, random).slice(0, 50));
      const health = await ingest.fetch("/healthz");
      promise(health.ok, "it is not well");
      await health.body?.cancel();
      if (answer === "") return "no answer";
      const status = /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];
      // HTTP/2 answers in frames.
      if (status === undefined) return "not HTTP/1.1";
      promise(status !== "500", answer.slice(0, 500));
      return Number(status) < 400 ? ACCEPTED : status;
    },
    close: () => ingest[Symbol.asyncDispose](),
  };
}

function headOf(random: Random): string {
  if (random.chance(0.05)) return HTTP2_START;
  if (random.chance(0.2)) return UPGRADE.join("\r\n");
  const lines = Array.from({ length: random.small(10) }, () => random.pick(HEADER_LINES));
  const ends = random.chance(0.95) ? "\r\n" : "\n";
  return [random.pick(REQUEST_LINES), ...lines, "", ""].join(ends);
}

function bodyOf(random: Random): Uint8Array {
  const body = random.chance(0.5)
    ? random.bytes(random.small(200))
    : likeMessage(random.pick(GOLDEN_FRAMES), random);
  if (random.chance(0.5)) return body;
  const size = new TextEncoder().encode(`${body.byteLength.toString(16)}\r\n`);
  return concatenate([size, body, new TextEncoder().encode("\r\n0\r\n\r\n")]);
}

/** What is answered at first, within bounds of time and size. */
async function exchange(
  address: { hostname: string; port: number },
  chunks: readonly Uint8Array[],
): Promise<string> {
  const connection = await Deno.connect(address);
  const late = setTimeout(() => connection.close(), ANSWER_WITHIN_MS);
  let answer = "";
  try {
    for (const chunk of chunks) await connection.write(chunk);
    const buffer = new Uint8Array(ENOUGH_BYTES);
    const count = await connection.read(buffer);
    answer = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
    clearTimeout(late);
    connection.close();
  } catch (error) {
    // The other side had enough, or we did.
    if (!isEnd(error)) throw error;
  } finally {
    clearTimeout(late);
  }
  return answer;
}

function isEnd(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted ||
    error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}
