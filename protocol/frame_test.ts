import assert from "node:assert/strict";
import * as fc from "fast-check";
import { codecOf, isFrame, isJpeg, isKeyframe, renditionOf } from "./frame.ts";
import {
  frame,
  ingestToProducerMessage,
  ingestToViewerMessage,
  producerMessage,
  viewerMessage,
} from "./testdata/arbitraries.ts";

const PLAIN = { timestamp: 1, width: 2, height: 3, data: new Uint8Array(1) };
const H264 = { ...PLAIN, codec: "avc1.64001f" };

Deno.test("a frame without a codec is a JPEG, a keyframe, of the rendition jpeg", () => {
  assert.equal(codecOf(PLAIN), "jpeg");
  assert.ok(isJpeg(PLAIN));
  assert.ok(isKeyframe(PLAIN));
  assert.ok(isKeyframe({ ...PLAIN, key: false }), "a JPEG always is one");
  assert.equal(renditionOf(PLAIN), "jpeg");
});

Deno.test("an H.264 frame is a keyframe when it says so, of the rendition main", () => {
  assert.equal(codecOf(H264), "avc1.64001f");
  assert.ok(!isJpeg(H264));
  assert.ok(!isKeyframe(H264));
  assert.ok(!isKeyframe({ ...H264, key: false }));
  assert.ok(isKeyframe({ ...H264, key: true }));
  assert.equal(renditionOf(H264), "main");
  assert.equal(renditionOf({ ...H264, rendition: "low" }), "low");
});

Deno.test("isFrame knows frames from control messages", () => {
  fc.assert(fc.property(frame, (message) => assert.ok(isFrame(message))));
  const control = fc.oneof(
    viewerMessage,
    producerMessage,
    ingestToProducerMessage,
    ingestToViewerMessage,
  );
  fc.assert(fc.property(control, (message) => assert.ok(!isFrame(message))));
});

Deno.test("isFrame wants each of the four fields, of its type, and no type", () => {
  assert.ok(isFrame(PLAIN));
  for (const name of Object.keys(PLAIN)) {
    assert.ok(!isFrame({ ...PLAIN, [name]: "wrong" }), name);
    assert.ok(
      !isFrame(Object.fromEntries(Object.entries(PLAIN).filter(([n]) => n !== name))),
      name,
    );
  }
  for (const message of [null, undefined, 1, "frame", [], { ...PLAIN, type: "stream" }]) {
    assert.ok(!isFrame(message));
  }
});
