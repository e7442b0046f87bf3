import { createRedact } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { probe } from "./probe.ts";
import { h264Flv, insteadOfFfmpeg, until } from "./testing/fixtures.ts";

const SOON = { firstPictureWithinMs: 50, watchMs: 50 };
const NEVER = { firstPictureWithinMs: 600_000, watchMs: 600_000 };

/** With this in FFmpeg's place on the camera. */
async function probed(
  words: string,
  patience: typeof SOON,
  signal: AbortSignal = new AbortController().signal,
) {
  await using _ = await insteadOfFfmpeg(
    `case "$*" in *-version*) echo ffmpeg version 9.0;; *) ${words};; esac`,
  );
  return await probe({}, "rtsp://me:hunter22@10.0.0.7/1", createRedact, signal, patience);
}

Deno.test("a camera that sends pictures until it is told to stop is well", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, await h264Flv({ seconds: 1, size: "64x64", fps: 10 }));
  const { text, isWell } = await probed(`cat ${file}; exec sleep 60`, {
    ...{ ...NEVER, watchMs: SOON.watchMs },
  });
  assert.match(text, /^size: +64x64$/m);
  assert.doesNotMatch(text, /failure|cure/);
  assert.ok(isWell);
  const ended = await probed(`cat ${file}`, NEVER);
  assert.match(ended.text, /^failure: +camera ended the stream .*\ncure: +it may be starting/m);
  assert.ok(!ended.isWell, "though there were pictures");
  await Deno.remove(file);
});

Deno.test("a camera that is connected and sends nothing has stalled, and nobody killed FFmpeg", async () => {
  const { text, isWell } = await probed("exec sleep 60", SOON);
  assert.match(text, /^failure: +stream stalled: .*\(stalled\)\ncure: +restart the camera/m);
  assert.ok(!isWell);
});

Deno.test("a probe that is stopped says no more than what it saw", async () => {
  const stop = new AbortController();
  const folder = await Deno.makeTempDir();
  const probing = probed(`touch ${folder}/started; exec sleep 60`, NEVER, stop.signal);
  await until(() => Array.from(Deno.readDirSync(folder)).length > 0, "FFmpeg runs");
  stop.abort();
  const { text, isWell } = await probing;
  assert.match(text, /^camera: .*10\.0\.0\.7/);
  assert.doesNotMatch(text, /failure/);
  assert.ok(!isWell);
  await Deno.remove(folder, { recursive: true });
});
