import { install } from "@sinonjs/fake-timers";
import { epochNowMs, jpegSize } from "@porthole/protocol";
import jpeg from "jpeg-js";
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
  for (const path of ["", "/snapshot.jpg?fallback=none", "/mjpeg"]) {
    const response = await app.fetch(`/api/streams/nobody${path}`);
    assert.deepEqual(await refusalOf(response), [404, "unknown_stream"]);
  }
});

Deno.test("a snapshot is the newest picture, to be asked for again each time", async () => {
  using app = new TestApp();
  await app.post("/ingest/cam", encode(jpegOf(1)));
  await app.post("/ingest/cam", encode(jpegOf(2)));
  const response = await app.fetch("/api/streams/cam/snapshot.jpg");
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.equal(response.headers.get("content-length"), String(jpegData(16, 16, 2).byteLength));
  assert.equal(response.headers.get("cache-control"), "private, no-cache");
  assert.equal(response.headers.get("porthole-state"), "live");
  assert.deepEqual(new Uint8Array(await response.arrayBuffer()), jpegData(16, 16, 2));
});

Deno.test("all who ask for the same picture share its bytes, read or not", async () => {
  using app = new TestApp();
  const ask = async () => {
    const { body } = await app.fetch("/api/streams/nobody/snapshot.jpg");
    const { value } = await body?.getReader().read() ?? {};
    assert.ok(value);
    return value.buffer;
  };
  assert.equal(await ask(), await ask());
});

Deno.test("a snapshot waits for a picture of now", async () => {
  using app = new TestApp();
  const hub = app.streams.open("cam");
  hub.post(outbound(jpegOf(1)), epochNowMs() - 2_000);
  const response = app.fetch("/api/streams/cam/snapshot.jpg");
  hub.post(outbound(jpegOf(2)), epochNowMs());
  assert.deepEqual(new Uint8Array(await (await response).arrayBuffer()), jpegData(16, 16, 2));
});

Deno.test("who has the picture is told that it still holds, and how old it is", async () => {
  using app = new TestApp();
  const publisher = new RecordingPublisher();
  publisher.clockOffsetMs = 3_600_000;
  const hub = app.streams.open("cam");
  hub.attach(publisher, epochNowMs());
  const takenMs = epochNowMs() - 300;
  hub.publish(
    outbound(jpegFrame({ seq: 1, timestamp: Math.round(takenMs + 3_600_000) })),
    epochNowMs(),
  );
  const ask = (tag?: string) =>
    app.fetch("/api/streams/cam/snapshot.jpg", {
      headers: tag === undefined ? {} : { "if-none-match": tag },
    });
  const first = await ask();
  const etag = first.headers.get("etag") ?? "";
  assert.match(etag, /^"[\w-]{22}"$/);
  const modifiedMs = Date.parse(first.headers.get("last-modified") ?? "");
  assert.ok(Math.abs(modifiedMs - takenMs) <= 1_000, "by this machine's clock, in whole seconds");
  assert.equal(first.headers.get("age"), "0");
  await first.body?.cancel();
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const again = await ask(tag);
    assert.deepEqual([again.status, await again.text()], [304, ""], tag);
    assert.equal(again.headers.get("etag"), etag);
    assert.equal(again.headers.get("cache-control"), "private, no-cache");
  }
  hub.publish(outbound(jpegFrame({ seq: 2, data: jpegData(16, 16, 9) })), epochNowMs());
  const other = await ask(etag);
  assert.equal(other.status, 200);
  assert.notEqual(other.headers.get("etag"), etag);
  await other.body?.cancel();
});

Deno.test("a width chooses among the JPEGs that are published", async () => {
  using app = new TestApp();
  const sizes = [["jpeg", 64], ["thumb", 16], ["middle", 32]] as const;
  for (const [rendition, width] of sizes) {
    const frame = jpegFrame({ rendition, width, height: 16, data: jpegData(width, 16) });
    app.streams.open("cam").post(outbound(frame), epochNowMs());
  }
  const widthOf = async (query: string) => {
    const response = await app.fetch(`/api/streams/cam/snapshot.jpg${query}`);
    const data = new Uint8Array(await response.arrayBuffer());
    return new DataView(data.buffer).getUint16(9);
  };
  const asked = ["", "?width=1", "?width=16", "?width=17", "?width=33", "?width=9999"];
  const widths = [];
  for (const query of asked) widths.push(await widthOf(query));
  assert.deepEqual(widths, [64, 16, 16, 32, 64, 64]);
  for (const query of ["width=0", "width=-1", "width=1.5", "width=x", "width=", "fallback=x"]) {
    for (const path of ["snapshot.jpg", "mjpeg"]) {
      const response = await app.fetch(`/api/streams/cam/${path}?${query}`);
      assert.deepEqual(await refusalOf(response), [400, "invalid_query"], query);
    }
  }
});

/** A camera that says why it has no picture. */
function failedCamera(app: TestApp, cause: string) {
  const publisher = new RecordingPublisher();
  publisher.camera = { type: "status", state: "failed", cause };
  const hub = app.streams.open("cam");
  hub.attach(publisher, epochNowMs());
  return hub;
}

Deno.test("without a picture there is one that says why, or 503 for who wants none", async () => {
  using app = new TestApp();
  const hub = failedCamera(app, "the camera is off");
  hub.publish(outbound(h264Frame(1, true)), epochNowMs());
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  const ask = async (query: string, headers: Record<string, string> = {}) => {
    const pending = app.fetch(`/api/streams/cam/snapshot.jpg${query}`, { headers });
    await clock.tickAsync(999);
    assert.equal(hub.isIdle(epochNowMs()), false);
    await clock.tickAsync(1);
    return await pending;
  };
  try {
    const refused = await ask("?fallback=none");
    const text = await refused.clone().text();
    assert.equal(refused.headers.get("retry-after"), "5");
    assert.deepEqual(await refusalOf(refused), [503, "no_picture"]);
    assert.match(text, /stale: the camera is off/);
    const notice = await ask("");
    assert.equal(notice.status, 200);
    assert.equal(notice.headers.get("content-type"), "image/jpeg");
    assert.equal(notice.headers.get("porthole-state"), "stale");
    const etag = notice.headers.get("etag") ?? "";
    const { width, height } = jpeg.decode(await notice.arrayBuffer());
    assert.deepEqual([width, height], [640, 360]);
    assert.equal((await ask("", { "if-none-match": etag })).status, 304);
    assert.equal(clock.countTimers(), 0);
  } finally {
    clock.uninstall();
  }
});

Deno.test("a live camera is given five seconds to have its JPEG made", async () => {
  using app = new TestApp();
  const hub = app.streams.open("cam");
  hub.attach(new RecordingPublisher(), epochNowMs());
  hub.publish(outbound(h264Frame(1, true)), epochNowMs());
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const pending = app.fetch("/api/streams/cam/snapshot.jpg?fallback=none");
    let answered = false;
    pending.then(() => answered = true);
    await clock.tickAsync(4_999);
    assert.equal(answered, false);
    await clock.tickAsync(1);
    assert.deepEqual(await refusalOf(await pending), [503, "no_picture"]);
  } finally {
    clock.uninstall();
  }
});

Deno.test("of a camera of few pictures the last one comes, with its age", async () => {
  using app = new TestApp();
  const timestamp = Math.round(epochNowMs() - 2_000);
  app.streams.open("cam").post(outbound(jpegFrame({ timestamp })), timestamp);
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const pending = app.fetch("/api/streams/cam/snapshot.jpg");
    await clock.tickAsync(5_000);
    const response = await pending;
    assert.equal(response.headers.get("porthole-state"), "live");
    assert.equal(response.headers.get("age"), "2");
    assert.deepEqual(new Uint8Array(await response.arrayBuffer()), jpegData());
  } finally {
    clock.uninstall();
  }
});

Deno.test("nobody waits for a stream that nobody publishes", async () => {
  using app = new TestApp();
  app.streams.waitFor("cam");
  const clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const response = await app.fetch("/api/streams/cam/snapshot.jpg?fallback=none");
    const text = await response.clone().text();
    assert.deepEqual(await refusalOf(response), [503, "no_picture"]);
    assert.match(text, /offline: nobody publishes/);
    for (const id of ["cam", "unheard-of"]) {
      const notice = await app.fetch(`/api/streams/${id}/snapshot.jpg`);
      assert.deepEqual([notice.status, notice.headers.get("porthole-state")], [200, "offline"]);
      await notice.body?.cancel();
    }
    assert.equal(app.streams.get("unheard-of"), undefined, "asking makes no stream");
  } finally {
    clock.uninstall();
  }
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

Deno.test("mjpeg shows why there is no picture, once for each cause, and pictures again", async () => {
  using app = new TestApp();
  const hub = failedCamera(app, "the camera is off");
  const refused = await app.fetch("/api/streams/cam/mjpeg?fallback=none");
  assert.deepEqual(await refusalOf(refused), [503, "no_picture"]);
  const response = await app.fetch("/api/streams/cam/mjpeg");
  assert.ok(response.body);
  const reader = response.body.getReader();
  const sizeOfNext = async () => {
    const { value } = await reader.read();
    assert.ok(value instanceof Uint8Array);
    const { width, height } = jpegSize(pictureIn(value));
    return [width, height];
  };
  assert.deepEqual(await sizeOfNext(), [640, 360]);
  assert.deepEqual(await sizeOfNext(), [640, 360], "once more, or Chromium would not show it");
  let isMore = false;
  let next = sizeOfNext().finally(() => isMore = true);
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(isMore, false, "and then no more");
  failedCamera(app, "the camera is on fire");
  assert.deepEqual(await next, [640, 360]);
  next = sizeOfNext();
  hub.publish(outbound(jpegFrame({ seq: 1 })), epochNowMs());
  await next;
  for (let size = await next; size[0] !== 16; size = await sizeOfNext());
  await reader.cancel();
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

/** RFC 2046, 5.1.1: the part's body, once what is around it is seen to be right. */
function parsePart(part: Uint8Array, boundary: string): Uint8Array {
  const text = new TextDecoder("latin1").decode(part);
  const [head = ""] = text.split("\r\n\r\n", 1);
  const [type, length] = head.replace(`--${boundary}\r\n`, "").split("\r\n");
  assert.equal(type, "Content-Type: image/jpeg");
  const end = `\r\n--${boundary}\r\n`;
  assert.ok(text.endsWith(end), "browsers show a picture once its part has ended");
  const body = part.subarray(head.length + 4, part.byteLength - end.length);
  assert.equal(length, `Content-Length: ${body.byteLength}`);
  return body;
}

function pictureIn(part: Uint8Array): Uint8Array {
  return parsePart(part, "porthole-frame");
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
