import { install } from "@sinonjs/fake-timers";
import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { eventually } from "../testing/eventually.ts";
import { RecordingPublisher } from "../testing/doubles.ts";
import { encode, h264Frame, jpegData, jpegFrame, outbound } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";
import { TestIngest } from "../testing/test_ingest.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { TestViewer } from "../testing/test_viewer.ts";

const jpegOf = (scanBytes: number) => jpegFrame({ data: jpegData(16, 16, scanBytes) });

Deno.test("streams are listed with state, renditions and viewers, and nothing of a camera", async () => {
  using app = new TestApp();
  assert.deepEqual(await (await app.fetch("/api/streams")).json(), { streams: [] });
  await app.post("/ingest/b", encode(jpegFrame()));
  const publisher = new RecordingPublisher();
  publisher.camera = { type: "status", state: "failed", cause: "wrong password" };
  app.streams.open("a").attach(publisher, epochNowMs());
  app.streams.waitFor("waited-for");
  const { streams } = await (await app.fetch("/api/streams")).json();
  const a = { id: "a", state: "offline", cause: "wrong password", renditions: [], viewers: 0 };
  const rendition = { name: "jpeg", codec: "jpeg", width: 16, height: 16, fps: 0, kbps: 0 };
  const b = { id: "b", state: "live", cause: "", renditions: [rendition], viewers: 0 };
  assert.deepEqual(streams, [a, b]);
  assert.deepEqual(await (await app.fetch("/api/streams/b")).json(), b);
});

Deno.test("a stream nobody knows is 404 on each of its routes", async () => {
  using app = new TestApp();
  for (const path of ["", "/snapshot.jpg", "/mjpeg"]) {
    const response = await app.fetch(`/api/streams/nobody${path}`);
    assert.deepEqual(await refusalOf(response), [404, "unknown_stream"]);
  }
});

Deno.test("a snapshot is the newest picture, not to be cached", async () => {
  using app = new TestApp();
  await app.post("/ingest/cam", encode(jpegOf(1)));
  await app.post("/ingest/cam", encode(jpegOf(2)));
  const response = await app.fetch("/api/streams/cam/snapshot.jpg");
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), jpegData(16, 16, 2));
});

Deno.test("a snapshot waits for a picture of now", async () => {
  using app = new TestApp();
  const hub = app.streams.open("cam");
  hub.post(outbound(jpegOf(1)), epochNowMs() - 2_000);
  const response = app.fetch("/api/streams/cam/snapshot.jpg");
  hub.post(outbound(jpegOf(2)), epochNowMs());
  assert.deepEqual(new Uint8Array(await (await response).arrayBuffer()), jpegData(16, 16, 2));
});

Deno.test("no picture within five seconds is 503 with the cause", async () => {
  using app = new TestApp();
  const publisher = new RecordingPublisher();
  publisher.camera = { type: "status", state: "failed", cause: "the camera is off" };
  const hub = app.streams.open("cam");
  hub.attach(publisher, epochNowMs());
  hub.publish(outbound(h264Frame(1, true)), epochNowMs());
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const pending = app.fetch("/api/streams/cam/snapshot.jpg");
    await clock.tickAsync(4_999);
    assert.equal(hub.isIdle(epochNowMs()), false);
    await clock.tickAsync(1);
    const response = await pending;
    const text = await response.clone().text();
    assert.equal(response.headers.get("retry-after"), "5");
    assert.deepEqual(await refusalOf(response), [503, "no_picture"]);
    assert.match(text, /stale: the camera is off/);
    assert.equal(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("nobody waits for a stream that nobody publishes", async () => {
  using app = new TestApp();
  app.streams.waitFor("cam");
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const response = await app.fetch("/api/streams/cam/snapshot.jpg");
    const text = await response.clone().text();
    assert.deepEqual(await refusalOf(response), [503, "no_picture"]);
    assert.match(text, /offline: nobody publishes/);
  } finally {
    clock.uninstall();
  }
});

Deno.test("mjpeg is one well-formed part a picture; a slow reader misses some, and gets no old one", async () => {
  using app = new TestApp();
  const hub = app.streams.open("cam");
  hub.post(outbound(jpegOf(1)), epochNowMs());
  const response = await app.fetch("/api/streams/cam/mjpeg");
  const [, boundary = ""] = /^multipart\/x-mixed-replace; boundary=(\S+)$/.exec(
    response.headers.get("content-type") ?? "",
  ) ??
    [];
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.ok(response.body);
  const reader = response.body.getReader();
  const part = async () => {
    const { value } = await reader.read();
    assert.ok(value instanceof Uint8Array);
    return parsePart(value, boundary);
  };
  assert.deepEqual(await part(), jpegData(16, 16, 1));
  const next = part();
  hub.post(outbound(jpegOf(2)), epochNowMs());
  assert.deepEqual(await next, jpegData(16, 16, 2));
  for (const scanBytes of [3, 4, 5]) hub.post(outbound(jpegOf(scanBytes)), epochNowMs());
  assert.deepEqual(await part(), jpegData(16, 16, 5));
  assert.equal(app.clients.size, 1);
  await reader.cancel();
  assert.equal(app.clients.size, 0);
  assert.equal(hub.isIdle(epochNowMs() + 60_000), true);
});

Deno.test("mjpeg that waits for a picture ends with the server", async () => {
  using app = new TestApp();
  app.streams.open("cam").attach(new RecordingPublisher(), epochNowMs());
  const response = await app.fetch("/api/streams/cam/mjpeg");
  const text = response.text();
  await eventually("it is a viewer", () => app.clients.size === 1);
  app.clients.closeAll("shutdown", "");
  assert.equal(await text, "");
  assert.equal(app.clients.size, 0);
  assert.equal(app.metrics.clientsConnected, 0);
});

Deno.test("asking for mjpeg's headers alone holds nothing", async () => {
  using app = new TestApp();
  const publisher = new RecordingPublisher();
  publisher.offers = ["jpeg"];
  app.streams.open("cam").attach(publisher, epochNowMs());
  for (let index = 0; index < 20; index++) {
    const response = await app.fetch("/api/streams/cam/mjpeg", { method: "HEAD" });
    assert.equal(response.status, 200);
  }
  assert.equal(app.clients.size, 0);
  assert.deepEqual(publisher.demands, []);
});

/** RFC 2046, 5.1.1: the part's body, once its head is seen to be right. */
function parsePart(part: Uint8Array, boundary: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(part);
  const [head = ""] = text.split("\r\n\r\n", 1);
  const [delimiter, type, length] = head.split("\r\n");
  assert.equal(delimiter, `--${boundary}`);
  assert.equal(type, "Content-Type: image/jpeg");
  assert.ok(text.endsWith("\r\n"));
  const body = part.subarray(head.length + 4, part.byteLength - 2);
  assert.equal(length, `Content-Length: ${body.byteLength}`);
  return body;
}

Deno.test("an operator sees who watches, what each gets, why, and how late it is", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  await using viewer = await TestViewer.watch(ingest, "/ws/cam");
  await using _plain = await TestViewer.watchPlainly(ingest, "/ws/cam");
  await using _other = await TestViewer.watchPlainly(ingest, "/ws/other");
  viewer.send({ type: "hello", codecs: ["avc1"] });
  producer.send(h264Frame(1, true));
  await viewer.framesReceived(1);
  const { viewers } = await ingest.json("/api/streams/cam/viewers") as {
    viewers: Record<string, unknown>[];
  };
  const [first, second] = viewers;
  assert.equal(viewers.length, 2);
  assert.deepEqual([first?.["rendition"], second?.["rendition"]], ["main", null]);
  assert.deepEqual([first?.["address"], first?.["framesSent"]], ["127.0.0.1", 1]);
  assert.ok(Math.abs(Date.parse(String(first?.["connectedAt"])) - epochNowMs()) < 60_000);
  const stream = await ingest.json("/api/streams/cam") as { viewers: number };
  assert.equal(stream.viewers, 2);
});

Deno.test("viewers are shown to this machine alone, or to whoever has the token", async () => {
  using open = new TestApp();
  assert.equal((await open.fetch("/api/streams/cam/viewers")).status, 200);
  open.address = "192.168.1.7";
  const refused = await open.fetch("/api/streams/cam/viewers");
  assert.deepEqual(await refusalOf(refused), [403, "operators_only"]);
  using guarded = new TestApp({ env: { PUBLISH_TOKEN: "s3cret-s3cret" } });
  assert.equal((await guarded.fetch("/api/streams/cam/viewers")).status, 401);
  const headers = { authorization: "Bearer s3cret-s3cret" };
  assert.equal((await guarded.fetch("/api/streams/cam/viewers", { headers })).status, 200);
});

Deno.test("snapshots that are waited for are bounded: one more is 503 with Retry-After", async () => {
  using app = new TestApp({ maxSnapshotsAtOnce: 1 });
  const publisher = new RecordingPublisher();
  const hub = app.streams.open("cam");
  hub.attach(publisher, epochNowMs());
  const waiting = app.fetch("/api/streams/cam/snapshot.jpg");
  const response = await app.fetch("/api/streams/cam/snapshot.jpg");
  assert.equal(response.headers.get("retry-after"), "5");
  assert.deepEqual(await refusalOf(response), [503, "too_many_clients"]);
  hub.publish(outbound(jpegFrame({ seq: 1 })), epochNowMs());
  assert.equal((await waiting).status, 200);
  hub.publish(outbound(jpegFrame({ seq: 2 })), epochNowMs());
  assert.equal((await app.fetch("/api/streams/cam/snapshot.jpg")).status, 200);
});
