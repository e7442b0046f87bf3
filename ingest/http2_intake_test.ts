import fc from "fast-check";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { Http2Intake } from "./http2_intake.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const GOAWAY = 7;

function frame(type: number, payload: Uint8Array): Buffer {
  const header = Buffer.from([0, 0, 0, type, 0, 0, 0, 0, 1]);
  header.writeUIntBE(payload.byteLength, 0, 3);
  return Buffer.concat([header, payload]);
}

Deno.test("however the bytes are split, all but GOAWAYs comes through as it is", async () => {
  const frames = fc.array(
    fc.record({ type: fc.integer({ min: 0, max: 9 }), payload: fc.uint8Array({ maxLength: 40 }) }),
    { maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(frames, fc.integer({ min: 1, max: 50 }), async (sent, chunkBytes) => {
      const socket = new PassThrough();
      const intake = new Http2Intake(socket);
      const received: Buffer[] = [];
      intake.on("data", (chunk: Buffer) => received.push(chunk));
      const ended = once(intake, "end");
      const bytes = Buffer.concat([PREFACE, ...sent.map((f) => frame(f.type, f.payload))]);
      for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
        socket.write(bytes.subarray(at, at + chunkBytes));
      }
      socket.end();
      await ended;
      const passed = sent.filter(({ type }) => type !== GOAWAY);
      const expected = [PREFACE, ...passed.map((f) => frame(f.type, f.payload))];
      assert.deepEqual(Buffer.concat(received), Buffer.concat(expected));
    }),
    { numRuns: 100 },
  );
});

/** In a process of its own: what it is about ends the process. */
const MANY_GOODBYES = `
import { HttpListener } from ${JSON.stringify(import.meta.resolve("./http_listener.ts"))};
import { Metrics } from ${JSON.stringify(import.meta.resolve("./metrics.ts"))};
const limits = { maxConnections: 1000, maxConnectionsPerAddress: 1000, newPerSecond: 1e6 };
const options = { host: "127.0.0.1", port: 0, metrics: new Metrics(), limits };
const listener = await HttpListener.listen(options, (_, { address }) => new Response(address));
for (let index = 0; index < 500; index++) {
  const client = Deno.createHttpClient({ http1: false, http2: true });
  const response = await fetch(listener.url, { client });
  if (await response.text() !== "127.0.0.1") throw new Error("the address is not known");
  if (index % 3 === 0) globalThis.gc();
  client.close();
}
console.log("it lives");
Deno.exit(0);
`;

Deno.test("HTTP/2 clients that say goodbye do not end the process", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
      ...["--config", fileURLToPath(import.meta.resolve("../deno.json")), "-"],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(MANY_GOODBYES));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.match(said, /it lives/);
});
