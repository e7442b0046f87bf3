import { LIVE_CONTENT_TYPE, MAX_MESSAGE_BYTES } from "@porthole/protocol";
import assert from "node:assert/strict";
import { ClockShift } from "../testing/clock_shift.ts";
import { RecordingPublisher } from "../testing/doubles.ts";
import { eventually } from "../testing/eventually.ts";
import { encode, h264Frame, jpegData, jpegFrame, lengthPrefixed } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";
import { TestIngest } from "../testing/test_ingest.ts";
import { TestProducer } from "../testing/test_producer.ts";

const good = () => encode(jpegFrame());

function without(field: string): Uint8Array<ArrayBuffer> {
  return encode(
    Object.fromEntries(Object.entries(jpegFrame()).filter(([name]) => name !== field)),
  );
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

/** `{"data": bin 32 of 4 294 967 295 bytes}`, of which there are three. */
const FOUR_GIGABYTES = new Uint8Array([
  ...[0x81, 0xa4, ...new TextEncoder().encode("data")],
  ...[0xc6, 0xff, 0xff, 0xff, 0xff, 1, 2, 3],
]);
/** A map of 4 294 967 295 pairs. */
const FOUR_BILLION_FIELDS = new Uint8Array([0xdf, 0xff, 0xff, 0xff, 0xff, 0xa1, 0x61, 1]);

const whole = jpegData();
const INVALID: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, string]>> = {
  "no MessagePack": [new Uint8Array([0xc1, 0xc1]), "malformed"],
  "JSON": [new TextEncoder().encode('{"timestamp":1}'), "malformed"],
  "an empty body": [new Uint8Array(0), "malformed"],
  "a frame cut short": [good().slice(0, -5), "malformed"],
  "a frame with bytes behind it": [new Uint8Array([...good(), 0xc0]), "malformed"],
  "a claim of 4 GB": [FOUR_GIGABYTES, "malformed"],
  "a claim of four billion fields": [FOUR_BILLION_FIELDS, "malformed"],
  "deep nesting": [encode({ ...jpegFrame(), extra: nested(20) }), "too_deep"],
  "no timestamp": [without("timestamp"), "invalid_frame"],
  "no width": [without("width"), "invalid_frame"],
  "no height": [without("height"), "invalid_frame"],
  "no data": [without("data"), "invalid_frame"],
  "width 0": [encode(jpegFrame({ width: 0 })), "invalid_frame"],
  "width 1 000 000": [encode(jpegFrame({ width: 1_000_000 })), "invalid_frame"],
  "half a pixel": [encode(jpegFrame({ height: 15.5 })), "invalid_frame"],
  "a timestamp before 1970": [encode(jpegFrame({ timestamp: -1 })), "invalid_frame"],
  "data that is text": [encode({ ...jpegFrame(), data: "\xff\xd8\xff" }), "invalid_frame"],
  "an unknown codec": [encode(jpegFrame({ codec: "vp9" })), "invalid_frame"],
  "a list": [encode([1, 2, 3]), "invalid_frame"],
  "a number": [new Uint8Array([7]), "invalid_frame"],
  "a control message": [
    encode({ type: "bye", code: "shutdown", reason: "" }),
    "invalid_frame",
  ],
  "a PNG": [
    encode(jpegFrame({ data: new Uint8Array([0x89, 0x50, 0x4e, 0x47]) })),
    "invalid_jpeg",
  ],
  "no data in it": [encode(jpegFrame({ data: new Uint8Array(0) })), "invalid_jpeg"],
  "a JPEG cut short": [encode(jpegFrame({ data: whole.slice(0, -2) })), "invalid_jpeg"],
  "a JPEG of another size": [encode(jpegFrame({ width: 17 })), "invalid_jpeg"],
  "H.264 whose lengths do not add up": [
    encode(h264Frame(1, true, { data: new Uint8Array([0, 0, 0, 9, 0x65]) })),
    "invalid_access_unit",
  ],
  "H.264 under the name of the JPEG rendition": [
    encode(h264Frame(1, true, { rendition: "jpeg" })),
    "invalid_frame",
  ],
};

Deno.test("a plain frame is taken, under its stream's id or as the default one", async () => {
  using app = new TestApp();
  for (const path of ["/ingest", "/ingest/front-door"]) {
    const response = await app.post(path, good());
    assert.deepEqual([response.status, await response.json()], [200, { ok: true }]);
  }
  assert.deepEqual(app.streams.published().map(({ id }) => id), ["default", "front-door"]);
});

for (
  const type of [
    "application/msgpack",
    "application/x-msgpack",
    "application/vnd.msgpack",
    "Application/Octet-Stream; charset=binary",
    undefined,
  ]
) {
  Deno.test(`a frame is taken as ${type ?? "no type at all"}`, async () => {
    using app = new TestApp();
    const response = await app.post("/ingest", good(), type ? { "content-type": type } : {});
    assert.equal(response.status, 200, await response.text());
  });
}

for (const [name, [body, code]] of Object.entries(INVALID)) {
  Deno.test(`${name} is 400 ${code}, and the next frame is taken`, async () => {
    using app = new TestApp();
    assert.deepEqual(await refusalOf(await app.post("/ingest", body)), [400, code]);
    assert.equal(app.metrics.publishesRejected, 1);
    assert.equal(app.metrics.framesReceived, 0);
    assert.equal(app.streams.get("default")?.isKnown ?? false, false);
    assert.equal((await app.post("/ingest", good())).status, 200);
  });
}

Deno.test("each field that is wrong is named", async () => {
  using app = new TestApp();
  const response = await app.post("/ingest", encode({ width: 0, height: "tall" }));
  const { error } = await response.json();
  for (const field of ["timestamp", "width", "height", "data"]) {
    assert.match(error.message, new RegExp(`${field}: `));
  }
});

Deno.test("over 8 MiB is 413, announced or chunked, and the server lives on", async () => {
  await using ingest = await TestIngest.start();
  const abort = new AbortController();
  const post = (body: BodyInit) =>
    ingest.fetch("/ingest", { method: "POST", body, signal: abort.signal });
  const announced = await post(new Uint8Array(MAX_MESSAGE_BYTES + 1));
  assert.deepEqual(await refusalOf(announced), [413, "too_large"]);
  let chunks = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      chunks++;
      if (abort.signal.aborted) controller.close();
      else controller.enqueue(new Uint8Array(256 * 1024));
    },
  });
  assert.deepEqual(await refusalOf(await post(endless)), [413, "too_large"]);
  assert.ok(chunks < 200, `${chunks} chunks of an endless body were taken`);
  const after = await post(good());
  assert.equal(after.status, 200, await after.text());
  abort.abort();
});

Deno.test("more than 4096 values are 413", async () => {
  using app = new TestApp();
  const body = encode({ ...jpegFrame(), extra: new Array(5_000).fill(0) });
  assert.deepEqual(await refusalOf(await app.post("/ingest", body)), [413, "too_large"]);
});

Deno.test("another content type is 415 and says what to send", async () => {
  using app = new TestApp();
  for (const type of ["application/json", "image/jpeg", "multipart/form-data; boundary=x"]) {
    const response = await app.post("/ingest", good(), { "content-type": type });
    const text = await response.clone().text();
    assert.deepEqual(await refusalOf(response), [415, "unsupported_media_type"]);
    assert.match(text, /application\/msgpack/);
  }
});

Deno.test("with a token, publishing without it is 401 by every path there is", async () => {
  using app = new TestApp({ env: { PUBLISH_TOKEN: "a-good-token" } });
  const live = { "content-type": LIVE_CONTENT_TYPE };
  for (const path of ["/ingest", "/ingest/cam", "/ingest?x", "/ingest/UPPER"]) {
    for (const headers of [{}, live, { authorization: "Bearer another" }]) {
      const response = await app.post(path, good(), headers);
      assert.deepEqual(await refusalOf(response), [401, "unauthorized"], path);
    }
  }
  assert.deepEqual(app.streams.published(), []);
  const authorization = "Bearer a-good-token";
  for (const path of ["/ingest", "/ingest/cam"]) {
    assert.equal((await app.post(path, good(), { authorization })).status, 200);
  }
});

Deno.test("a second publisher is 409 until the first has ended", async () => {
  await using ingest = await TestIngest.start();
  await using first = await TestProducer.publish(ingest, "/ingest/cam");
  await assert.rejects(TestProducer.publish(ingest, "/ingest/cam"), /409.*stream_taken/);
  const single = await ingest.fetch("/ingest/cam", { method: "POST", body: good() });
  assert.deepEqual(await refusalOf(single), [409, "stream_taken"]);
  await using _elsewhere = await TestProducer.publish(ingest, "/ingest/other");
  first.end();
  await first.ended;
  await using _second = await TestProducer.publish(ingest, "/ingest/cam");
});

Deno.test("a first publisher that was silent for six seconds gives way, and is told", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using first = await TestProducer.publish(ingest, "/ingest/cam");
  clock.advance(5_500);
  await assert.rejects(TestProducer.publish(ingest, "/ingest/cam"), /409/);
  clock.advance(600);
  await using second = await TestProducer.publish(ingest, "/ingest/cam");
  // By its successor, or by the clock that ingest keeps of it, whichever looks first.
  assert.match(String((await first.answer("bye"))["code"]), /^(replaced|silent)$/);
  await first.ended;
  second.send(h264Frame(1, true));
  await second.answer("ack");
});

Deno.test("a publisher that says anything at all is not silent", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using first = await TestProducer.publish(ingest, "/ingest/cam");
  clock.advance(5_500);
  first.send({ type: "hello", software: "test", renditions: [] });
  first.send(jpegFrame({ seq: 1 }));
  await first.answer("ack");
  clock.advance(5_500);
  await assert.rejects(TestProducer.publish(ingest, "/ingest/cam"), /409/);
});

Deno.test("single frames hold a stream against a live publish for three seconds", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  const post = async () => {
    const response = await ingest.fetch("/ingest", { method: "POST", body: good() });
    return [response.status, await response.text()];
  };
  assert.deepEqual((await post())[0], 200);
  assert.deepEqual((await post())[0], 200, "they may come from one publisher");
  await assert.rejects(TestProducer.publish(ingest, "/ingest"), /409/);
  clock.advance(3_100);
  await using _live = await TestProducer.publish(ingest, "/ingest");
  assert.equal((await post())[0], 409);
});

Deno.test("a frame for a stream that is taken is refused before its body comes in", async () => {
  using app = new TestApp();
  app.streams.open("default").attach(new RecordingPublisher(), 0);
  const response = app.post("/ingest", new ReadableStream<Uint8Array>());
  assert.deepEqual(await refusalOf(await response), [409, "stream_taken"]);
});

Deno.test("a frame whose body came in while a live publish began is 409, not mixed in", async () => {
  using app = new TestApp();
  const body = Promise.withResolvers<void>();
  const response = app.post(
    "/ingest",
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await body.promise;
        controller.enqueue(good());
        controller.close();
      },
    }),
  );
  const publisher = new RecordingPublisher();
  app.streams.open("default").attach(publisher, 0);
  body.resolve();
  assert.deepEqual(await refusalOf(await response), [409, "stream_taken"]);
  assert.equal(app.metrics.framesReceived, 0);
});

Deno.test("a frame that took long to come in is seen by those who came meanwhile", async () => {
  using app = new TestApp();
  let send: () => void = () => {};
  const response = app.post(
    "/ingest/slow",
    new ReadableStream<Uint8Array>({
      start(controller) {
        send = () => {
          controller.enqueue(good());
          controller.close();
        };
      },
    }),
  );
  app.streams.open("idle");
  await eventually("idle hubs were removed", () => app.streams.get("idle") === undefined);
  const hub = app.streams.waitFor("slow");
  send();
  assert.equal((await response).status, 200);
  assert.equal(hub.running.has("jpeg"), true);
});

const SLOW_STREAMS = { maxStreams: 2, maxCacheBytes: Infinity };

Deno.test("a publisher over the frame rate is 429, or told goodbye, with what to change", async () => {
  using app = new TestApp({
    streamLimits: { ...SLOW_STREAMS, publish: { maxKbps: Infinity, maxFps: 0.1 } },
  });
  for (let index = 0; index < 3; index++) await app.post("/ingest/cam", good());
  const response = await app.post("/ingest/cam", good());
  assert.equal(response.headers.get("retry-after"), "1");
  assert.deepEqual(await refusalOf(response), [429, "too_fast"]);
  assert.equal(app.metrics.publishesLimited, 1);

  await using ingest = await TestIngest.start({ MAX_PUBLISH_FPS: "1" });
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  for (let seq = 1; seq <= 32; seq++) producer.send(jpegFrame({ seq }));
  const bye = await producer.answer("bye");
  assert.equal(bye["code"], "too_fast");
  assert.match(String(bye["reason"]), /raise MAX_PUBLISH_FPS/);
  await producer.ended;
});

Deno.test("one stream too many is 503 with Retry-After", async () => {
  using app = new TestApp({
    streamLimits: { ...SLOW_STREAMS, publish: { maxKbps: Infinity, maxFps: Infinity } },
  });
  for (const id of ["a", "b"]) assert.equal((await app.post(`/ingest/${id}`, good())).status, 200);
  const response = await app.post("/ingest/c", good());
  assert.equal(response.headers.get("retry-after"), "10");
  const text = await response.clone().text();
  assert.match(text, /2 streams are published already; stop one, or raise MAX_STREAMS/);
  assert.deepEqual(await refusalOf(response), [503, "too_many_streams"]);
});

Deno.test("a frame whose body does not come is 408, and nothing waits for it any more", async () => {
  using app = new TestApp({ bodyWithinMs: 50 });
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(good().slice(0, 10)),
  });
  assert.deepEqual(await refusalOf(await app.post("/ingest", body)), [408, "too_slow"]);
  assert.equal(app.metrics.publishesLimited, 1);
});

Deno.test("a live publish that trickles is told so within seconds, and gives way", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using slow = await TestProducer.publish(ingest, "/ingest/cam");
  slow.sendRaw(new Uint8Array([0, 1, 0, 0, 0x84]));
  for (let second = 0; second < 6; second++) {
    slow.sendRaw(new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    clock.advance(1_000);
  }
  assert.equal((await slow.answer("bye"))["code"], "too_slow");
  await slow.ended;
  await using _next = await TestProducer.publish(ingest, "/ingest/cam");
});

Deno.test("a live publish whose large message takes long, but comes, goes on", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  const data = new Uint8Array(300_000);
  new DataView(data.buffer).setUint32(0, data.byteLength - 4);
  const message = lengthPrefixed(encode(h264Frame(1, true, { data })));
  for (let offset = 0; offset < message.byteLength; offset += 20_000) {
    producer.sendRaw(message.slice(offset, offset + 20_000));
    await new Promise((resolve) => setTimeout(resolve, 30));
    clock.advance(1_000);
  }
  await producer.answer("ack", ({ seq }) => seq === 1);
});
