import { LIVE_CONTENT_TYPE } from "@porthole/protocol";
import assert from "node:assert/strict";
import { encode, jpegFrame } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";

const FEW = { requestLimits: { perSecond: 1, burst: 3 } };

Deno.test("who asks too often is 429 with Retry-After, whatever it asks for; others are not", async () => {
  using app = new TestApp(FEW);
  for (const path of ["/healthz", "/api/streams", "/ws"]) {
    await (await app.fetch(path)).body?.cancel();
  }
  for (const path of ["/healthz", "/", "/ws", "/metrics", "/api/streams/x/mjpeg", "/nowhere"]) {
    const response = await app.fetch(path);
    assert.equal(response.headers.get("retry-after"), "1");
    assert.deepEqual(await refusalOf(response), [429, "too_many_requests"]);
  }
  assert.equal(app.metrics.requestsRefused, 6);
  app.address = "192.168.1.9";
  assert.equal((await app.fetch("/healthz")).status, 200);
});

Deno.test("frames that are taken cost nothing, those that are refused do", async () => {
  using app = new TestApp(FEW);
  for (let index = 0; index < 20; index++) {
    assert.equal((await app.post("/ingest/cam", encode(jpegFrame()))).status, 200);
  }
  for (let index = 0; index < 3; index++) {
    assert.deepEqual(await refusalOf(await app.post("/ingest", "no frame")), [400, "malformed"]);
  }
  for (const type of ["application/msgpack", LIVE_CONTENT_TYPE]) {
    const response = await app.post("/ingest/cam", encode(jpegFrame()), { "content-type": type });
    assert.deepEqual(await refusalOf(response), [429, "too_many_requests"]);
  }
});
