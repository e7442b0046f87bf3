import assert from "node:assert/strict";
import { JpegDecoder } from "./jpeg_decoder.ts";
import type { Picture } from "./picture.ts";

/** `createImageBitmap` whose answers the test gives; the real one is put back at the end. */
class Rig implements Disposable {
  readonly pending: PromiseWithResolvers<{ close(): void }>[] = [];
  readonly pictures: Picture[] = [];
  readonly errors: Error[] = [];
  readonly decoder = new JpegDecoder({
    onPicture: (picture) => this.pictures.push(picture),
    onError: (error) => this.errors.push(error),
    onUnsupported: () => {},
  });
  readonly #real = globalThis.createImageBitmap;
  closed = 0;

  constructor() {
    const createImageBitmap = () => {
      const pending = Promise.withResolvers<{ close(): void }>();
      this.pending.push(pending);
      return pending.promise;
    };
    Object.assign(globalThis, { createImageBitmap });
  }

  decode(seq: number): void {
    const frame = { timestamp: 0, width: 2, height: 2, data: new Uint8Array(1), seq };
    this.decoder.decode({ frame, receivedAtMs: 0, isReplayed: false });
  }

  async answer(index: number): Promise<void> {
    this.pending[index]?.resolve({ close: () => this.closed++ });
    await this.pending[index]?.promise;
  }

  async refuse(index: number): Promise<void> {
    this.pending[index]?.reject(new Error("not a JPEG"));
    await this.pending[index]?.promise.catch(() => "refused, as meant");
  }

  [Symbol.dispose](): void {
    this.decoder.close();
    globalThis.createImageBitmap = this.#real;
  }
}

Deno.test("one is in the making, the newest waits, those between are dropped and counted", async () => {
  using rig = new Rig();
  for (const seq of [1, 2, 3, 4]) rig.decode(seq);
  assert.deepEqual([rig.pending.length, rig.decoder.frames], [1, 2]);
  await rig.answer(0);
  assert.equal(rig.pending.length, 2);
  await rig.answer(1);
  assert.deepEqual(rig.pictures.map(({ source }) => source.frame.seq), [1, 4]);
  assert.deepEqual([rig.decoder.overtaken, rig.decoder.frames], [2, 0]);
});

Deno.test("one that cannot be decoded is told, and the next goes on", async () => {
  using rig = new Rig();
  rig.decode(1);
  rig.decode(2);
  await rig.refuse(0);
  assert.equal(rig.errors.length, 1);
  await rig.answer(1);
  assert.deepEqual(rig.pictures.map(({ source }) => source.frame.seq), [2]);
});

Deno.test("what comes out after the close is closed, not painted", async () => {
  using rig = new Rig();
  rig.decode(1);
  rig.decode(2);
  rig.decoder.close();
  await rig.answer(0);
  assert.deepEqual([rig.pictures.length, rig.closed, rig.pending.length], [0, 1, 1]);
});
