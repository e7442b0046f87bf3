import assert from "node:assert/strict";
import { captureFrames } from "../testing/frame_capture.ts";
import { assertQuadrantColours } from "../testing/quadrants.ts";
import { captureSliceCounts } from "../testing/slice_count.ts";
import { clockAgeMs, readClock } from "./clock_pattern.ts";
import { SimulatedCamera } from "./simulated_camera.ts";
import { CAMERA_CODECS } from "./test_picture.ts";

const SIZE = { widthPx: 640, heightPx: 360 };
/** FFmpeg's testsrc2, left to right. */
const TEST_BARS = [
  { red: 255, green: 0, blue: 0 },
  { red: 0, green: 255, blue: 0 },
  { red: 255, green: 255, blue: 0 },
  { red: 0, green: 0, blue: 255 },
  { red: 255, green: 0, blue: 255 },
  { red: 0, green: 255, blue: 255 },
];
const SMALL = { ...SIZE, bitrateKbps: 2_000, gopFrames: 10 };

for (const codec of CAMERA_CODECS) {
  Deno.test(`${codec}: the pictures carry the wall clock, and bars of the right colours`, async () => {
    await using camera = await SimulatedCamera.start({ ...SMALL, codec });
    const frames = await captureFrames(camera.url, { ...SIZE, frames: 15 });
    const ages = frames.map((frame) => {
      const clock = readClock(frame.lumaAt);
      assert.ok(clock !== undefined, "the clock is read on every picture");
      return { clock, ageMs: clockAgeMs(clock, frame.capturedMs) };
    });
    for (const [index, { clock, ageMs }] of ages.entries()) {
      assert.ok(ageMs >= 0 && ageMs < 10_000, `an age of ${ageMs} ms`);
      const before = ages[index - 1]?.clock;
      if (before !== undefined) assert.ok(clock > before, `${before}, then ${clock}`);
    }
    const [frame] = frames;
    assert.ok(frame !== undefined);
    for (const [bar, expected] of TEST_BARS.entries()) {
      for (const channel of ["red", "green", "blue"] as const) {
        const shown = medianOfBar(bar, (x, y) => frame.colourAt(x, y)[channel]);
        assert.ok(Math.abs(shown - expected[channel]) <= 6, `bar ${bar}: ${channel} ${shown}`);
      }
    }
  });

  Deno.test(`${codec}: the colours are right, and something moves`, async () => {
    await using camera = await SimulatedCamera.start({ ...SMALL, codec, pattern: "colours" });
    const frames = await captureFrames(camera.url, { ...SIZE, frames: 15 });
    const [first, last] = [frames.at(0), frames.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    assertQuadrantColours(last, SIZE);
    assert.ok(last.differsFrom(first));
  });
}

Deno.test("an access unit has exactly as many slices as asked for", async () => {
  await using camera = await SimulatedCamera.start({ ...SMALL, slices: 4 });
  assert.deepEqual(await captureSliceCounts(camera.url, 10), Array(10).fill(4));
});

for (const auth of ["basic", "digest"] as const) {
  Deno.test(`${auth}: FFmpeg is let in with the password, and not without`, async () => {
    const credentials = { user: "ad min", password: 'p:@ ss/w?#"%20' };
    await using camera = await SimulatedCamera.start({ ...SMALL, auth, ...credentials });
    assert.equal((await captureFrames(camera.url, { ...SIZE, frames: 1 })).length, 1);
    const wrongUrl = camera.url.replace(/:[^:@]*@/, ":wrong@");
    await assert.rejects(captureFrames(wrongUrl, { ...SIZE, frames: 1 }), /401 Unauthorized/);
    const wrongPath = camera.url.replace("/camera", "/garden");
    await assert.rejects(captureFrames(wrongPath, { ...SIZE, frames: 1 }), /404 Not Found/);
  });
}

Deno.test("several clients watch at once", async () => {
  await using camera = await SimulatedCamera.start(SMALL);
  const watched = await Promise.all(
    [1, 2, 3].map(() => captureFrames(camera.url, { ...SIZE, frames: 20 })),
  );
  assert.deepEqual(watched.map((frames) => frames.length), [20, 20, 20]);
});

Deno.test("a camera that is disposed of is gone, and can come back at the same port", async () => {
  const camera = await SimulatedCamera.start(SMALL);
  const { port, url } = camera;
  await camera[Symbol.asyncDispose]();
  await camera[Symbol.asyncDispose]();
  await camera.ended();
  await assert.rejects(captureFrames(url, { ...SIZE, frames: 1 }), /Connection refused/);
  await using again = await SimulatedCamera.start({ ...SMALL, port });
  assert.equal(again.url, url);
});

Deno.test("it is found at the address that it was told to listen on, and at no other", async () => {
  await using camera = await SimulatedCamera.start({ ...SMALL, hostname: "127.0.0.2" });
  assert.match(camera.url, /^rtsp:\/\/127\.0\.0\.2:/);
  await captureFrames(camera.url, { ...SIZE, frames: 1 });
  const elsewhere = camera.url.replace("127.0.0.2", "127.0.0.1");
  await assert.rejects(captureFrames(elsewhere, { ...SIZE, frames: 1 }), /Connection refused/);
});

Deno.test("what FFmpeg says is told when it cannot make the picture", async () => {
  await assert.rejects(
    SimulatedCamera.start({ ...SMALL, widthPx: 0 }),
    (error: Error) =>
      error.cause instanceof Error && /FFmpeg ended at once/.test(error.cause.message),
  );
});

/**
 * Things move across the bars, and a grey box as wide as a bar across their lower half; between that
 * and the clock three quarters of a bar can be seen at any time (looked at for five minutes).
 */
function medianOfBar(bar: number, valueAt: (x: number, y: number) => number): number {
  const widthPx = SIZE.widthPx / TEST_BARS.length;
  const [top, bottom] = [SIZE.heightPx / 5, SIZE.heightPx / 2];
  const values = Array.from({ length: 9 }, (_, column) => {
    const x = Math.round(bar * widthPx + ((column + 1) * widthPx) / 10);
    return Array.from({ length: bottom - top }, (_, row) => valueAt(x, top + row));
  }).flat();
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
