import assert from "node:assert/strict";
import type { Frame } from "@porthole/protocol";
import { install } from "@sinonjs/fake-timers";
import { Decoder } from "./decoder.ts";
import { FakeImage, type FakeVideoDecoder, FakeWebCodecs } from "./testing/fake_webcodecs.ts";
import type { Picture } from "./picture.ts";

/** A decoder on the fake, with what came out of it. */
class Rig implements Disposable {
  readonly pictures: Picture[] = [];
  readonly errors: Error[] = [];
  readonly clock = install({ toFake: ["setTimeout", "clearTimeout"] });
  readonly decoder = new Decoder({
    onPicture: (picture) => this.pictures.push(picture),
    onError: (error) => this.errors.push(error),
    onUnsupported: () => {},
  });
  readonly #webCodecs = new FakeWebCodecs();

  decode(rendition: string, seq: number, { isReplayed = false, key = seq === 1 } = {}): boolean {
    const frame: Frame = {
      ...{ timestamp: 0, width: 2, height: 2, data: new Uint8Array(1), codec: "avc1.42c01f" },
      ...{ key, seq, pts: seq * 1000, rendition },
      ...(key ? { config: new Uint8Array([1, 0x42, 0xc0, 0x1f]) } : {}),
    };
    return this.decoder.decode({ frame, receivedAtMs: 0, isReplayed });
  }

  /** Three frames of `low`, then a replay of `main`, from 1 to 2, and its first live frame, 3. */
  preview(): { readonly low: FakeVideoDecoder; readonly main: FakeVideoDecoder } {
    for (const seq of [1, 2, 3]) this.decode("low", seq, { isReplayed: seq < 3 });
    for (const seq of [1, 2, 3]) this.decode("main", seq, { isReplayed: seq < 3 });
    const [low, main, ...none] = this.made;
    assert.ok(low !== undefined && main !== undefined && none.length === 0);
    return { low, main };
  }

  get made(): readonly FakeVideoDecoder[] {
    return this.#webCodecs.made;
  }

  /** Rendition and number of each picture that came out. */
  get came(): string[] {
    return this.pictures.map(({ source }) => `${source.frame.rendition} ${source.frame.seq}`);
  }

  [Symbol.dispose](): void {
    this.decoder.close();
    this.clock.uninstall();
    this.#webCodecs[Symbol.dispose]();
  }
}

function giveOut(decoder: FakeVideoDecoder, ...seqs: number[]): void {
  for (const seq of seqs) decoder.init.output(new FakeImage(seq * 1000));
}

function numbersIn({ chunks }: FakeVideoDecoder): number[] {
  return chunks.map(({ timestamp }) => timestamp / 1000);
}

Deno.test("another rendition gets a new decoder, even where its configuration is the same", () => {
  using rig = new Rig();
  rig.decode("main", 1);
  rig.decode("low", 2, { key: true });
  const [replaced, current] = rig.made;
  assert.deepEqual([rig.made.length, replaced?.state, rig.decoder.frames], [2, "closed", 1]);
  if (replaced !== undefined) giveOut(replaced, 1);
  if (current !== undefined) giveOut(current, 2);
  assert.deepEqual(rig.came, ["low 2"]);
});

Deno.test("before a replay the pictures of the rendition before come out, and first", () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  assert.deepEqual([low.state, low.isFlushing], ["configured", true]);
  assert.deepEqual(numbersIn(main), [1], "it gets ready");
  assert.equal(rig.decoder.frames, 6);
  giveOut(low, 1, 2);
  assert.deepEqual(numbersIn(main), [1]);
  giveOut(low, 3);
  assert.deepEqual([low.state, numbersIn(main)], ["closed", [1, 2, 3]]);
  giveOut(main, 1, 2, 3);
  assert.deepEqual(rig.came, ["low 1", "low 2", "low 3", "main 1", "main 2", "main 3"]);
  assert.deepEqual([rig.decoder.frames, rig.errors], [0, []]);
});

Deno.test("what comes behind the replay meanwhile keeps its place", () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  for (const seq of [4, 5]) assert.equal(rig.decode("main", seq, { key: seq === 5 }), true);
  giveOut(low, 3);
  rig.decode("main", 6);
  assert.deepEqual(numbersIn(main), [1, 2, 3, 4, 5, 6]);
});

Deno.test("a decoder that keeps a picture back ends by its flush", async () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  giveOut(low, 1);
  low.flushed();
  await rig.clock.tickAsync(0);
  assert.deepEqual([low.state, numbersIn(main)], ["closed", [1, 2, 3]]);
});

Deno.test("one that hangs is not waited for, and closed by the first live picture behind it", () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  rig.clock.tick(199);
  assert.deepEqual(numbersIn(main), [1]);
  rig.clock.tick(1);
  assert.deepEqual(numbersIn(main), [1, 2, 3]);
  giveOut(main, 1, 2);
  assert.equal(low.state, "configured", "its pictures may still come");
  giveOut(low, 2);
  giveOut(main, 3);
  assert.equal(low.state, "closed");
  assert.deepEqual(rig.came, ["main 1", "main 2", "low 2", "main 3"]);
});

Deno.test("one that fails on its way out is no trouble, and holds nothing up", async () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  low.fail();
  await rig.clock.tickAsync(0);
  assert.deepEqual([rig.errors, numbersIn(main)], [[], [1, 2, 3]]);
  main.fail();
  assert.equal(rig.errors.length, 1);
});

Deno.test("closing closes both, and what was held is gone", () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  rig.decoder.close();
  rig.decoder.close();
  assert.deepEqual([low.state, main.state, rig.decoder.frames], ["closed", "closed", 0]);
  assert.deepEqual([rig.clock.countTimers(), numbersIn(main)], [0, [1]]);
  giveOut(low, 3);
  assert.deepEqual(rig.came, []);
});

Deno.test("a third rendition ends the first", () => {
  using rig = new Rig();
  const { low, main } = rig.preview();
  rig.decode("other", 1, { isReplayed: true });
  assert.deepEqual([low.state, main.state], ["closed", "configured"]);
  rig.decode("other", 2);
  giveOut(main, 1);
  assert.deepEqual(rig.made[2] && numbersIn(rig.made[2]), [1, 2]);
  assert.equal(rig.decoder.frames, 2);
});

Deno.test("without anything inside there is nothing to wait for", () => {
  using rig = new Rig();
  rig.decode("low", 1);
  const [low] = rig.made;
  if (low !== undefined) giveOut(low, 1);
  rig.decode("main", 1, { isReplayed: true });
  rig.decode("main", 2);
  assert.deepEqual(rig.made[1] && numbersIn(rig.made[1]), [1, 2]);
  assert.equal(low?.state, "closed");
});
