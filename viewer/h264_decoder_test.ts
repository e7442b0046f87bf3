import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { H264Decoder } from "./h264_decoder.ts";
import type { Picture } from "./picture.ts";

const CONFIG = new Uint8Array([1, 0x42, 0xc0, 0x1f, 0xff]);

/** WebCodecs as far as the decoder uses it; the test says when pictures come out. */
class FakeVideoDecoder {
  static made: FakeVideoDecoder[] = [];
  static supported = true;
  state = "unconfigured";
  decodeQueueSize = 0;
  config: VideoDecoderConfig | undefined;
  readonly chunks: FakeChunk[] = [];

  constructor(
    readonly init: { output(image: FakeImage): void; error(cause: Error): void },
  ) {
    FakeVideoDecoder.made.push(this);
  }

  static isConfigSupported(): Promise<VideoDecoderSupport> {
    return Promise.resolve({ supported: FakeVideoDecoder.supported });
  }

  configure(config: VideoDecoderConfig): void {
    this.state = "configured";
    this.config = config;
  }

  decode(chunk: FakeChunk): void {
    if (this.state !== "configured") throw new Error("not configured");
    this.chunks.push(chunk);
  }

  close(): void {
    assert.notEqual(this.state, "closed", "closing twice throws");
    this.state = "closed";
  }

  fail(): void {
    this.state = "closed";
    this.init.error(new Error("broken bits"));
  }
}

class FakeChunk {
  readonly type: string;
  readonly timestamp: number;

  constructor({ type, timestamp }: { type: string; timestamp: number }) {
    this.type = type;
    this.timestamp = timestamp;
  }
}

class FakeImage {
  closed = false;

  constructor(readonly timestamp: number) {}

  close(): void {
    this.closed = true;
  }
}

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

  constructor() {
    FakeVideoDecoder.made = [];
    FakeVideoDecoder.supported = true;
    Object.assign(globalThis, { VideoDecoder: FakeVideoDecoder, EncodedVideoChunk: FakeChunk });
  }

  get made(): FakeVideoDecoder[] {
    return FakeVideoDecoder.made;
  }

  get last(): FakeVideoDecoder {
    const last = this.made.at(-1);
    assert.ok(last);
    return last;
  }

  decode(seq: number, fields: Partial<Frame> = {}, receivedAtMs = seq): boolean {
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
    return this.decoder.decode({ frame, receivedAtMs });
  }

  [Symbol.dispose](): void {
    this.decoder.close();
    Reflect.deleteProperty(globalThis, "VideoDecoder");
    Reflect.deleteProperty(globalThis, "EncodedVideoChunk");
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
  assert.deepEqual(rig.pictures.map(({ seq }) => seq), [2]);
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

Deno.test("the backlog is what waits for the decoder, not what it holds to put in order", () => {
  using rig = new Rig();
  rig.decode(1, { key: true, config: CONFIG }, 100);
  rig.decode(2, {}, 130);
  assert.deepEqual(rig.decoder.backlog(200), { bytes: 0, ageMs: 0 });
  rig.last.decodeQueueSize = 1;
  assert.deepEqual(rig.decoder.backlog(200), { bytes: 20, ageMs: 100 });
});
