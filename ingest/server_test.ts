import { LIVE_CONTENT_TYPE } from "@porthole/protocol";
import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { loadConfig } from "./config.ts";
import { serveIngest } from "./server.ts";
import { eventually } from "./testing/eventually.ts";
import { encode, jpegFrame } from "./testing/frames.ts";
import { TestIngest } from "./testing/test_ingest.ts";
import { TestProducer } from "./testing/test_producer.ts";
import { TestViewer } from "./testing/test_viewer.ts";

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
