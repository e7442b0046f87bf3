import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { restartFfmpeg } from "../bench/ffmpeg_restarts.ts";
import { percentile } from "../bench/statistics.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { CameraProcess } from "../testing/camera_process.ts";
import { eventually, TestBrowser } from "../testing/browser.ts";
import { MuteCamera } from "../testing/mute_camera.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { MjpegWatcher } from "../testing/mjpeg_watcher.ts";
import {
  childrenOf,
  commandLineOf,
  ffmpegsOf,
  isRunning,
  openDescriptors,
} from "../testing/process_table.ts";
import { recovers, showsNow } from "../testing/recovery.ts";
import { startIngest, startProducer } from "../testing/services.ts";

const SIZE = { widthPx: 640, heightPx: 360, fps: 15, gopFrames: 15, bitrateKbps: 1_000 };
const KILLED_TARGET_MS = 2_000;
/** `RTSP_STALL_MS` has to pass before anybody can know, and some of the kill's own patience. */
const FROZEN_TARGET_MS = 3_000 + 1_000 + KILLED_TARGET_MS;
const STARTS_WITHIN_MS = 20_000;
/** What was on its way when a process was struck. */
const ON_ITS_WAY_MS = 300;
const RESTARTS = 10;
const MAX_GROWTH_BYTES = 12 * 1024 * 1024;
const TETHERED_TARGET_MS = 1_000;
/** Where a camera sends nothing, what ends FFmpeg is its own timeout, of five seconds. */
const ORPHANS_TARGET_MS = 6_000;

Deno.test("an FFmpeg that is killed or frozen is replaced, and nothing of it is left", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using viewer = LiveViewer.watch(ingest.url);
  const page = await browser.open(`${ingest.url}?stream=default`);
  await eventually("the page is live", STARTS_WITHIN_MS, () => showsNow(page));
  const descriptors = await openDescriptors(producer.pid);

  for (
    const { fault, signal, targetMs, cause } of [
      { fault: "killed", signal: "SIGKILL", targetMs: KILLED_TARGET_MS, cause: /FFmpeg.*killed/i },
      {
        fault: "frozen",
        signal: "SIGSTOP",
        targetMs: FROZEN_TARGET_MS,
        cause: /no pictures|stall/i,
      },
    ] as const
  ) {
    await t.step(`the camera's FFmpeg ${fault}`, async () => {
      const [ffmpeg = 0] = await ffmpegsOf(producer.pid);
      const told = viewer.told.length;
      Deno.kill(ffmpeg, signal);
      const sinceMs = performance.now();
      const laterMs = epochNowMs() + ON_ITS_WAY_MS;
      await recovers(
        { what: `FFmpeg ${fault}, picture`, targetMs, sinceMs },
        () => showsNow(page, "default", laterMs),
      );
      const meanwhile = viewer.told.slice(told).filter(({ state }) => state !== "live");
      assert.ok(meanwhile.some((said) => cause.test(said.cause)), JSON.stringify(meanwhile));
      assert.ok(!await isRunning(ffmpeg), "the one that was struck is gone");
    });
  }

  // From here on numbers count, and a page's browser is no small part of them.
  await page[Symbol.asyncDispose]();
  const jpeg = await MjpegWatcher.open(ingest.url);
  for (
    const { fault, signal, targetMs } of [
      { fault: "killed", signal: "SIGKILL", targetMs: KILLED_TARGET_MS },
      { fault: "frozen", signal: "SIGSTOP", targetMs: FROZEN_TARGET_MS },
    ] as const
  ) {
    await t.step(`the FFmpeg that makes JPEGs ${fault}`, async () => {
      await jpeg.more(3, STARTS_WITHIN_MS);
      const [cameras = 0, ...others] = (await ffmpegsOf(producer.pid)).sort((a, b) => a - b);
      const ffmpeg = others.at(-1) ?? 0;
      assert.ok(others.length === 1, "the camera's is the older one");
      const frames = viewer.frames;
      Deno.kill(ffmpeg, signal);
      const sinceMs = performance.now();
      await eventually("the one that was struck is gone", targetMs * 3, async () => {
        return !await isRunning(ffmpeg) || "it runs";
      });
      const { pictures } = jpeg;
      await recovers(
        { what: `JPEG's FFmpeg ${fault}, picture`, targetMs, sinceMs },
        () => jpeg.pictures > pictures + 1 || "no JPEG has come",
      );
      assert.ok((await ffmpegsOf(producer.pid)).includes(cameras), "the camera's goes on");
      assert.ok(viewer.frames > frames, "H.264 goes on all the while");
    });
  }
  await jpeg[Symbol.asyncDispose]();

  await t.step(
    `killed ${RESTARTS} times, it leaves no descriptor, no zombie, no memory`,
    async () => {
      await eventually("JPEG's FFmpeg is gone", 15_000, async () => {
        const { length } = await ffmpegsOf(producer.pid);
        return length === 1 || `${length} run`;
      });
      const { before, after, recoveriesMs } = await restartFfmpeg(producer.pid, viewer, RESTARTS);
      assert.ok(
        after.descriptors <= before.descriptors && after.descriptors <= descriptors,
        `${after.descriptors} descriptors are open, ${before.descriptors} and ${descriptors} were`,
      );
      const grownBytes = after.residentBytes - before.residentBytes;
      assert.ok(grownBytes < MAX_GROWTH_BYTES, `it grew by ${grownBytes} bytes`);
      const children = await childrenOf(producer.pid);
      assert.deepEqual(children.map(({ name }) => name), ["ffmpeg"], JSON.stringify(children));
      assert.ok(percentile(recoveriesMs, 0.5) <= KILLED_TARGET_MS * 3, `${recoveriesMs}`);
    },
  );
});

Deno.test("a producer that is killed with -9 leaves no FFmpeg, without a tether either", async (t) => {
  const outcomes = await Promise.allSettled([false, true].map(endsWithItsProducer));
  for (const [index, name] of ["a camera that is live", "a camera that is frozen"].entries()) {
    await t.step(name, () => {
      const outcome = outcomes[index];
      if (outcome?.status === "rejected") throw outcome.reason;
    });
  }
});

async function endsWithItsProducer(isFrozen: boolean): Promise<void> {
  await using camera = await CameraProcess.start();
  await using ingest = await startIngest();
  await using producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: ingest.url,
    env: { PATH: Deno.env.get("PATH") ?? "" },
  });
  await using viewer = LiveViewer.watch(ingest.url);
  await using jpeg = await MjpegWatcher.open(ingest.url);
  // What comes first may be the picture that says why there is none yet.
  await jpeg.more(3, STARTS_WITHIN_MS);
  await eventually("the camera's FFmpeg and JPEG's run", STARTS_WITHIN_MS, async () => {
    const { length } = await ffmpegsOf(producer.pid);
    return length === 2 || `${length} do`;
  });
  const ffmpegs = await ffmpegsOf(producer.pid);
  if (isFrozen) camera.freeze();
  producer.signal("SIGKILL");
  await producer.exited;
  const what = `producer killed beside a camera that is ${isFrozen ? "frozen" : "live"}, no FFmpeg`;
  const sinceMs = performance.now();
  await recovers({ what, targetMs: ORPHANS_TARGET_MS, sinceMs }, async () => {
    const left = await Promise.all(ffmpegs.map(isRunning));
    return !left.includes(true) || `${left.filter(Boolean).length} run`;
  });
  await eventually("viewers are told", STARTS_WITHIN_MS, () => {
    const { state, cause } = viewer.told.at(-1) ?? { state: "live", cause: "" };
    return (state !== "live" && /publisher|producer|nobody/i.test(cause)) || `${state}: ${cause}`;
  });
}

for (const isMute of [true, false]) {
  const of = isMute ? "a camera that sends RTCP alone" : "a live camera, stopped";
  Deno.test(`tethered to a producer that is killed with -9, an FFmpeg ends: ${of}`, async () => {
    await using ingest = await startIngest();
    await using mute = new MuteCamera();
    await using live = await SimulatedCamera.start(SIZE);
    await using producer = await startProducer({
      cameraUrl: isMute ? mute.url : live.url,
      ingestUrl: ingest.url,
    });
    await (isMute ? mute.plays : producer.waitFor(/camera is live/, STARTS_WITHIN_MS));
    const [ffmpeg = 0, ...others] = await ffmpegsOf(producer.pid);
    assert.deepEqual(others, []);
    assert.match(await commandLineOf(ffmpeg), /^\/.*ffmpeg\0/, "it is FFmpeg itself by now");
    await using _ = { [Symbol.asyncDispose]: () => endFfmpeg(ffmpeg) };
    if (!isMute) Deno.kill(ffmpeg, "SIGSTOP");
    producer.signal("SIGKILL");
    await producer.exited;
    const sinceMs = performance.now();
    const what = `producer killed beside ${of}, no FFmpeg`;
    await recovers({ what, targetMs: TETHERED_TARGET_MS, sinceMs }, async () => {
      return !await isRunning(ffmpeg) || "it runs";
    });
  });
}

/** The camera of a test that failed would wait for it for ever. */
async function endFfmpeg(pid: number): Promise<void> {
  if (await isRunning(pid)) Deno.kill(pid, "SIGKILL");
}
