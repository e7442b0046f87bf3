import assert from "node:assert/strict";

/** `VideoDecoder` as far as the viewer uses it; the test says when pictures come out. */
export class FakeVideoDecoder {
  static made: FakeVideoDecoder[] = [];
  static supported = true;
  static playsH265: boolean | Promise<boolean> = false;
  state = "unconfigured";
  decodeQueueSize = 0;
  config: VideoDecoderConfig | undefined;
  readonly chunks: FakeChunk[] = [];
  #flush: PromiseWithResolvers<void> | undefined;

  constructor(
    readonly init: { output(image: FakeImage): void; error(cause: Error): void },
  ) {
    FakeVideoDecoder.made.push(this);
  }

  static async isConfigSupported({ codec }: VideoDecoderConfig): Promise<VideoDecoderSupport> {
    const isH265 = codec.startsWith("hvc1");
    const { supported, playsH265 } = FakeVideoDecoder;
    return { supported: isH265 ? await playsH265 : supported };
  }

  configure(config: VideoDecoderConfig): void {
    this.state = "configured";
    this.config = config;
  }

  decode(chunk: FakeChunk): void {
    if (this.state !== "configured") throw new Error("not configured");
    this.chunks.push(chunk);
  }

  get isFlushing(): boolean {
    return this.#flush !== undefined;
  }

  flush(): Promise<void> {
    if (this.state !== "configured") return Promise.reject(new Error("not configured"));
    this.#flush = Promise.withResolvers();
    return this.#flush.promise;
  }

  /** Everything that was inside has come out. */
  flushed(): void {
    this.#flush?.resolve();
  }

  close(): void {
    assert.notEqual(this.state, "closed", "closing twice throws");
    this.state = "closed";
    this.#flush?.reject(new Error("closed"));
  }

  fail(): void {
    this.state = "closed";
    this.#flush?.reject(new Error("closed"));
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

export class FakeImage {
  readonly width = 2;
  readonly height = 2;
  closed = false;

  constructor(readonly timestamp: number) {}

  close(): void {
    this.closed = true;
  }
}

/** Has `VideoDecoder` be the fake until it is disposed of. */
export class FakeWebCodecs implements Disposable {
  /** @param playsH265 what it says of that, at once or later */
  constructor(playsH265: boolean | Promise<boolean> = false) {
    FakeVideoDecoder.made = [];
    FakeVideoDecoder.supported = true;
    FakeVideoDecoder.playsH265 = playsH265;
    Object.assign(globalThis, { VideoDecoder: FakeVideoDecoder, EncodedVideoChunk: FakeChunk });
  }

  get made(): readonly FakeVideoDecoder[] {
    return FakeVideoDecoder.made;
  }

  get last(): FakeVideoDecoder {
    const last = this.made.at(-1);
    assert.ok(last);
    return last;
  }

  [Symbol.dispose](): void {
    Reflect.deleteProperty(globalThis, "VideoDecoder");
    Reflect.deleteProperty(globalThis, "EncodedVideoChunk");
  }
}
