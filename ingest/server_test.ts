import { LIVE_CONTENT_TYPE } from "@porthole/protocol";
import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { loadConfig } from "./config.ts";
import { serveIngest } from "./server.ts";
import { eventually } from "./testing/eventually.ts";
import { encode, jpegFrame } from "./testing/frames.ts";
import { TestIngest } from "./testing/test_ingest.ts";
import { TestProducer } from "./testing/test_producer.ts";
import { TestViewer } from "./testing/test_viewer.ts";
import { within } from "./testing/within.ts";

Deno.test("a stop tells viewers and producers goodbye, and ends within two seconds", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  await using viewer = await TestViewer.watch(ingest, "/ws/cam");
  await using plain = await TestViewer.watchPlainly(ingest, "/ws/cam");
  const mjpeg = (await ingest.fetch("/api/streams/cam/mjpeg")).text();
  producer.send(jpegFrame({ seq: 1 }));
  await plain.framesReceived(1);
  const stopped = ingest.stop();
  const deadline = Promise.withResolvers<"late">();
  const timer = setTimeout(() => deadline.resolve("late"), 2_000);
  assert.notEqual(await Promise.race([stopped, deadline.promise]), "late");
  clearTimeout(timer);
  assert.equal((await viewer.closed).code, 1001);
  assert.equal((await plain.closed).code, 1001);
  assert.equal(viewer.received.at(-1)?.message["code"], "shutdown");
  assert.equal(plain.received.length, plain.frames.length, "a plain viewer hears no bye");
  assert.equal((await producer.answer("bye"))["code"], "shutdown");
  await producer.ended;
  assert.match(await mjpeg, /^--porthole-frame/);
});

Deno.test("a stop does not wait for those who neither read nor go", async () => {
  const ingest = await TestIngest.start();
  const connection = await Deno.connect(ingest.address);
  const head = `POST /ingest/cam HTTP/1.1\r\nHost: ingest\r\nTransfer-Encoding: chunked\r\n` +
    `Content-Type: ${LIVE_CONTENT_TYPE}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  const stream = () => ingest.json("/api/streams/cam");
  await eventually("it publishes", async () => JSON.stringify(await stream()).includes('"cam"'));
  const stopped = ingest[Symbol.asyncDispose]();
  const deadline = Promise.withResolvers<"late">();
  const timer = setTimeout(() => deadline.resolve("late"), 2_000);
  assert.notEqual(await Promise.race([stopped, deadline.promise]), "late");
  clearTimeout(timer);
  connection.close();
});

Deno.test("stopping twice is fine, and frees the port", async () => {
  const ingest = await TestIngest.start();
  const { port } = ingest.address;
  await ingest.stop();
  await ingest[Symbol.asyncDispose]();
  using listener = Deno.listen({ hostname: "127.0.0.1", port });
  assert.equal(listener.addr.transport, "tcp");
});

Deno.test("a port in use is said to be, by its setting's name", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  await assert.rejects(
    serveIngest(loadConfig({ INGEST_PORT: String(port) }), "/nonexistent"),
    (error) => error instanceof MisuseError && /INGEST_PORT.*in use/.test(error.message),
  );
});

Deno.test("what one viewer breaks off leaves everyone else alone", async () => {
  await using ingest = await TestIngest.start();
  await using bystander = await TestViewer.watchPlainly(ingest, "/ws");
  for (
    const start of ["POST /ingest HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc", "GET"]
  ) {
    using connection = await Deno.connect(ingest.address);
    await connection.write(new TextEncoder().encode(start));
  }
  const response = await ingest.fetch("/ingest", { method: "POST", body: encode(jpegFrame()) });
  assert.equal(response.status, 200, await response.text());
  await bystander.framesReceived(1);
});

/** What ingest answers to raw bytes, up to the connection's end or a whole head. */
async function answerTo(ingest: TestIngest, bytes: string): Promise<string> {
  using connection = await Deno.connect(ingest.address);
  await connection.write(new TextEncoder().encode(bytes));
  const buffer = new Uint8Array(4096);
  try {
    const read = await within("an answer", connection.read(buffer));
    return new TextDecoder().decode(buffer.subarray(0, read ?? 0));
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return "";
    throw error;
  }
}

const HOST = "Host: ingest\r\n";
const UPGRADE = `GET /ws HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n`;

Deno.test("an upgrade behind an unanswered request ends that connection alone", async () => {
  await using ingest = await TestIngest.start();
  await answerTo(ingest, `GET /healthz HTTP/1.1\r\n${HOST}\r\n${UPGRADE}`);
  const slow = `GET /api/streams/x/snapshot.jpg HTTP/1.1\r\n${HOST}\r\n`;
  await answerTo(ingest, `${slow}${slow}${UPGRADE}`);
  assert.deepEqual(await ingest.json("/healthz"), { status: "ok" });
});

Deno.test("over HTTP/2 there is no WebSocket, which is said and harms nobody", async () => {
  await using ingest = await TestIngest.start();
  const { hostname, port } = ingest.address;
  const session = connect(`http://${hostname}:${port}`);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":path": "/ws" });
    stream.on("response", (headers) => resolve(headers[":status"]));
    stream.on("error", reject);
    stream.resume();
  });
  await new Promise<void>((resolve) => session.close(resolve));
  assert.equal(status, 426);
  assert.deepEqual(await ingest.json("/healthz"), { status: "ok" });
});

Deno.test("HTTP/2 is told from HTTP/1.1 however slowly it begins", async () => {
  await using ingest = await TestIngest.start();
  using connection = await Deno.connect(ingest.address);
  connection.setNoDelay(true);
  for (const letter of "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
    await connection.write(new TextEncoder().encode(letter));
  }
  // An empty SETTINGS frame (RFC 9113, 6.5), which a server's own answers.
  await connection.write(new Uint8Array([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  const buffer = new Uint8Array(64);
  await within("its SETTINGS", connection.read(buffer));
  assert.equal(buffer[3], 4);
});

Deno.test("a stop is not disturbed by whoever breaks off meanwhile", async () => {
  const ingest = await TestIngest.start();
  const connection = await Deno.connect(ingest.address);
  const head = `POST /ingest/cam HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n` +
    `Content-Type: ${LIVE_CONTENT_TYPE}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(head));
  await within("the answer's head", connection.read(new Uint8Array(1024)));
  const stopped = ingest[Symbol.asyncDispose]();
  connection.close();
  await within("the stop", stopped);
});

Deno.test("who says as much as HTTP/2 begins with, and no more, holds nobody up", async () => {
  await using ingest = await TestIngest.start();
  for (const start of ["P", "PR"]) {
    using stays = await Deno.connect(ingest.address);
    const leaves = await Deno.connect(ingest.address);
    for (const connection of [stays, leaves]) {
      await connection.write(new TextEncoder().encode(start));
    }
    await leaves.closeWrite();
    await within("the end of who left", leaves.read(new Uint8Array(1)));
    leaves.close();
    assert.deepEqual(await ingest.json("/healthz"), { status: "ok" });
  }
});
