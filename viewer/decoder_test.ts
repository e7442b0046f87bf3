import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { Decoder } from "./decoder.ts";
import { FakeImage, FakeWebCodecs } from "./testing/fake_webcodecs.ts";
import type { Picture } from "./picture.ts";

Deno.test("another rendition gets a new decoder, even where its configuration is the same", () => {
  using webCodecs = new FakeWebCodecs();
  const pictures: Picture[] = [];
  const decoder = new Decoder({
    onPicture: (picture) => pictures.push(picture),
    onError: (error) => assert.fail(error),
    onUnsupported: () => {},
  });
  decoder.decode({ frame: keyframe("main", 1), receivedAtMs: 0, isReplayed: false });
  const replaced = webCodecs.last;
  decoder.decode({ frame: keyframe("low", 2), receivedAtMs: 0, isReplayed: false });
  assert.deepEqual([webCodecs.made.length, replaced.state, decoder.frames], [2, "closed", 1]);
  replaced.init.output(new FakeImage(1000));
  webCodecs.last.init.output(new FakeImage(2000));
  assert.deepEqual(pictures.map(({ rendition }) => rendition), ["low"]);
  decoder.close();
});

function keyframe(rendition: string, seq: number): Frame {
  return {
    ...{ timestamp: 0, width: 2, height: 2, data: new Uint8Array(1), codec: "avc1.42c01f" },
    ...{
      key: true,
      config: new Uint8Array([1, 0x42, 0xc0, 0x1f]),
      seq,
      pts: seq * 1000,
      rendition,
    },
  };
}
