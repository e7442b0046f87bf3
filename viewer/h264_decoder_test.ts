import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { H264Decoder } from "./h264_decoder.ts";
import type { Picture } from "./picture.ts";
import { FakeImage, FakeVideoDecoder, FakeWebCodecs } from "./testing/fake_webcodecs.ts";

const CONFIG = new Uint8Array([1, 0x42, 0xc0, 0x1f, 0xff]);

/** A decoder on the fake, with what it told its handlers. */
class Rig implements Disposable {
  readonly pictures: Picture[] = [];
  readonly errors: Error[] = [];
  readonly unsupported: string[] = [];
  readonly decoder = new H264Decoder({
    onPicture: (picture) => this.pictures.push(picture),
    onError: (error) => this.errors.push(error),
    onUnsupported: (codec) => this.unsupported.push(codec),
  });

  readonly #webCodecs = new FakeWebCodecs();

  get made(): readonly FakeVideoDecoder[] {
    return this.#webCodecs.made;
  }

  get last(): FakeVideoDecoder {
    return this.#webCodecs.last;
  }

  decode(
    seq: number,
    fields: Partial<Frame> = {},
    receivedAtMs = seq,
    isReplayed = false,
  ): boolean {
    const frame: Frame = {
      timestamp: 0,
      width: 2,
      height: 2,
      data: new Uint8Array(10),
      codec: "avc1.42c01f",
      pts: seq * 1000,
      seq,
      ...fields,
    };
    return this.decoder.decode({ frame, receivedAtMs, isReplayed });
  }

  [Symbol.dispose](): void {
    this.decoder.close();
    this.#webCodecs[Symbol.dispose]();
  }
}

Deno.test("it is configured by the first keyframe, for low latency, and not again by its like", () => {
  using rig = new Rig();
  assert.equal(rig.decode(0), false, "no configuration yet");
  assert.equal(rig.decode(1, { key: true, config: CONFIG }), true);
  assert.equal(rig.decode(2), true);
  assert.equal(rig.decode(3, { key: true, config: CONFIG.slice() }), true);
  assert.equal(rig.made.length, 1);
  assert.deepEqual(rig.last.config, {
    codec: "avc1.42c01f",
    description: CONFIG,
    optimizeForLatency: true,
  });
  assert.deepEqual(rig.last.chunks.map(({ type }) => type), ["key", "delta", "key"]);
});

Deno.test("another configuration, another codec or a camera's new start make a new one", () => {
  using rig = new Rig();
  rig.decode(5, { key: true, config: CONFIG });
  const other = CONFIG.slice();
  other[4] = 0xfe;
  rig.decode(6, { key: true, config: other });
  rig.decode(7, { key: true, config: other, codec: "avc1.64001f" });
  rig.decode(1, { key: true, config: other, codec: "avc1.64001f" });
  assert.equal(rig.made.length, 4);
  assert.deepEqual(rig.made.map(({ state }) => state).slice(0, 3), ["closed", "closed", "closed"]);
  assert.equal(rig.decoder.frames, 1);
});

Deno.test("a picture comes out with the frame it was, those passed over are forgotten", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG });
  rig.decode(2);
  rig.decode(3);
  rig.last.init.output(new FakeImage(2000));
  assert.deepEqual(rig.pictures.map(({ source }) => source.frame.seq), [2]);
  assert.equal(rig.decoder.frames, 1);
});

Deno.test("a picture of a decoder that was replaced is closed, not painted", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG });
  const replaced = rig.last;
  rig.decode(1, { key: true, config: CONFIG });
  const image = new FakeImage(1000);
  replaced.init.output(image);
  assert.deepEqual([image.closed, rig.pictures.length], [true, 0]);
});

Deno.test("after an error delta frames are refused until a keyframe makes a new decoder", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG });
  rig.last.fail();
  assert.equal(rig.errors.length, 1);
  assert.match(String(rig.errors[0]?.cause), /broken bits/);
  assert.equal(rig.decode(2), false);
  assert.equal(rig.decode(3, { key: true, config: CONFIG }), true);
  assert.equal(rig.made.length, 2);
});

Deno.test("a codec the browser lacks is told", async () => {
  using rig = new Rig();
  FakeVideoDecoder.supported = false;
  rig.decode(1, { key: true, config: CONFIG });
  await Promise.resolve();
  assert.deepEqual(rig.unsupported, ["avc1.42c01f"]);
});

Deno.test("one that finishes gives its pictures out, then closes", async () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG });
  rig.decode(2);
  const finished = rig.decoder.finish();
  assert.equal(rig.last.isFlushing, true, "what is held to be put in order comes out too");
  rig.last.init.output(new FakeImage(2000));
  assert.deepEqual(rig.pictures.map(({ source }) => source.frame.seq), [2]);
  rig.last.flushed();
  await finished;
  assert.equal(rig.last.state, "closed");
});

Deno.test("one that finishes is over with an error, which nobody is told, or when it is closed", async () => {
  const ends = [(rig: Rig) => rig.last.fail(), (rig: Rig) => rig.decoder.close()];
  for (const end of ends) {
    using rig = new Rig();
    rig.decode(1, { key: true, config: CONFIG });
    const finished = rig.decoder.finish();
    end(rig);
    await finished;
    assert.deepEqual([rig.errors, rig.decoder.frames], [[], 0]);
  }
  using idle = new Rig();
  await idle.decoder.finish();
});

Deno.test("the backlog is what waits for the decoder, not what it holds to put in order", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG }, 100);
  rig.decode(2, {}, 130);
  assert.deepEqual(rig.decoder.backlog(200), { bytes: 0, ageMs: 0 });
  rig.last.decodeQueueSize = 1;
  assert.deepEqual(rig.decoder.backlog(200), { bytes: 20, ageMs: 100 });
});

Deno.test("a replay is no backlog; what came behind it begins to wait when it is through", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG }, 100, true);
  rig.decode(2, {}, 100, true);
  rig.decode(3, {}, 100);
  rig.decode(4, {}, 130);
  rig.last.decodeQueueSize = 4;
  assert.deepEqual(rig.decoder.backlog(2000), { bytes: 0, ageMs: 0 });
  rig.last.init.output(new FakeImage(2000));
  assert.deepEqual(rig.decoder.backlog(2100), { bytes: 20, ageMs: 100 });
});

Deno.test("a replay that does not get through is a backlog in the end", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG }, 0, true);
  rig.last.decodeQueueSize = 1;
  assert.deepEqual(rig.decoder.backlog(9000), { bytes: 0, ageMs: 0 });
  assert.deepEqual(rig.decoder.backlog(11_500), { bytes: 10, ageMs: 2500 });
});
