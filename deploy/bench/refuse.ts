/**
 * How soon ingest answers upgrades that it refuses, from the request's last byte to the answer's
 * first one, each on a connection of its own, one after another.
 * `deno task bench:refuse [--tries 1000]`
 *
 * @module
 */
import { parseArgs } from "node:util";
import { hs256, Issuer, secondsFromNow } from "../../ingest/testing/tokens.ts";
import { startIngest } from "../testing/services.ts";
import { print, summary } from "./statistics.ts";

const { values } = parseArgs({ options: { tries: { type: "string", default: "1000" } } });
const tries = Number(values.tries);
const AUTH_SECRET = "bench".repeat(8);
const WARM_UP = 50;

const issuer = new Issuer("RS256");
const keys = await Deno.makeTempFile({ suffix: ".json" });
await Deno.writeTextFile(keys, JSON.stringify({ keys: [issuer.jwk] }));
const claims = { watch: ["cam"], exp: secondsFromNow(3600) };
const expired = { watch: ["cam"], exp: secondsFromNow(-1) };
const bearer = (token: string) => `Authorization: Bearer ${token}`;

const REFUSED: readonly (readonly [name: string, status: number, header: string])[] = [
  ["no token", 401, "X-None: 1"],
  ["no token at all, 3 KB", 401, bearer("x".repeat(3000))],
  ["HS256, another secret", 401, bearer(hs256(claims, { secret: "other" }))],
  ["HS256, expired", 401, bearer(hs256(expired, { secret: AUTH_SECRET }))],
  [
    "HS256, another stream",
    403,
    bearer(hs256({ ...claims, watch: ["x"] }, { secret: AUTH_SECRET })),
  ],
  ["RS256, another key", 401, bearer(new Issuer("RS256").token(claims))],
  ["RS256, expired", 401, bearer(issuer.token(expired))],
  ["a cookie of another", 401, `Cookie: porthole=${hs256(claims, { secret: "other" })}`],
  ["another origin", 403, "Origin: https://evil.example"],
];

try {
  const env = { AUTH_SECRET, AUTH_JWKS: keys, WATCH_PASSWORD: "correct horse" };
  await using ingest = await startIngest({ env });
  print(`${tries} upgrades each, refused`);
  for (const [name, status, header] of REFUSED) {
    const delaysMs: number[] = [];
    for (let index = -WARM_UP; index < tries; index++) {
      const delayMs = await refusal(new URL(ingest.url), header, status);
      if (index >= 0) delaysMs.push(delayMs);
    }
    print(`${name.padEnd(24)} ${status}  ${summary(delaysMs)}`);
  }
} finally {
  await Deno.remove(keys);
}

/** How long it takes, ms. @throws {Error} when it is answered otherwise */
async function refusal({ hostname, port }: URL, header: string, status: number): Promise<number> {
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const lines = [
    "GET /ws/cam HTTP/1.1",
    `Host: ${hostname}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    header,
  ];
  const answer = new Uint8Array(64);
  const startMs = performance.now();
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  await connection.read(answer);
  const delayMs = performance.now() - startMs;
  const line = new TextDecoder().decode(answer);
  if (!line.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`it is answered ${line}`);
  return delayMs;
}
