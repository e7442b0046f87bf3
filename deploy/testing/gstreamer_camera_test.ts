import assert from "node:assert/strict";
import { CAMERA_CODECS } from "../camera/test_picture.ts";
import { captureFrames } from "./frame_capture.ts";
import { GStreamerCamera } from "./gstreamer_camera.ts";
import { assertQuadrantColours } from "./quadrants.ts";
import { captureSliceCounts } from "./slice_count.ts";

const SIZE = { widthPx: 640, heightPx: 360 };

for (const codec of CAMERA_CODECS) {
  Deno.test(`${codec}: the colours are right, and something moves`, async () => {
    await using camera = await GStreamerCamera.start({ ...SIZE, codec });
    const frames = await captureFrames(camera.url, { ...SIZE, frames: 30 });
    const [first, last] = [frames.at(0), frames.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    assertQuadrantColours(last, SIZE);
    assert.ok(last.differsFrom(first));
  });
}

Deno.test("an access unit has exactly as many slices as asked for", async () => {
  await using camera = await GStreamerCamera.start({ ...SIZE, slices: 4 });
  assert.deepEqual(await captureSliceCounts(camera.url, 10), Array(10).fill(4));
});

for (const auth of ["basic", "digest"] as const) {
  Deno.test(`${auth}: FFmpeg is let in with the password, and not without`, async () => {
    const credentials = { user: "admin", password: "p:@ ss/w?#%20" };
    await using camera = await GStreamerCamera.start({ ...SIZE, auth, ...credentials });
    assert.equal((await captureFrames(camera.url, { ...SIZE, frames: 1 })).length, 1);
    const wrongUrl = camera.url.replace(/:[^:@]*@/, ":wrong@");
    await assert.rejects(captureFrames(wrongUrl, { ...SIZE, frames: 1 }), /401 Unauthorized/);
  });
}

Deno.test("a port that is taken is told", async () => {
  await using camera = await GStreamerCamera.start();
  await assert.rejects(
    GStreamerCamera.start({ port: camera.port }),
    new RegExp(`cannot listen on 127.0.0.1:${camera.port}`),
  );
});
