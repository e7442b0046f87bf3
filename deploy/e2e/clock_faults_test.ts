import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { FakedClock } from "../testing/faked_clock.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import type { ServiceProcess } from "../testing/process.ts";
import { ffmpegsOf } from "../testing/process_table.ts";
import { recovers, showsNow } from "../testing/recovery.ts";
import { startIngest, startProducer } from "../testing/services.ts";

const HOUR_S = 3600;
const SIZE = { widthPx: 640, heightPx: 360, fps: 15, gopFrames: 15, bitrateKbps: 1_000 };
const STARTS_WITHIN_MS = 30_000;
/** So long after a jump nobody may have noticed anything: longer than every exchange of clocks. */
const WATCHED_MS = 6_000;
/** What the page calls latency, were a clock taken at its word, would be an hour. */
const MAX_LATENCY_MS = 5_000;
const KILLED_TARGET_MS = 2_000;

async function showsSoundly(page: PlayerPage, stream: string): Promise<true | string> {
  const shown = await showsNow(page, stream);
  if (shown !== true) return shown;
  const latency = await page.stat("latency", stream);
  const latencyMs = Number.parseFloat(latency);
  return (latencyMs >= 0 && latencyMs < MAX_LATENCY_MS) || `the latency is said to be ${latency}`;
}

/** All the while the picture is of now, and said to be. */
async function staysSound(page: PlayerPage, stream: string): Promise<void> {
  const untilMs = performance.now() + WATCHED_MS;
  while (performance.now() < untilMs) {
    // A look may fall into a hiccup of the machine; a jump that was noticed lasts.
    await eventually(`"${stream}" is shown as if nothing had been`, 6_000, () => {
      return showsSoundly(page, stream);
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Whether its log was written by a clock so far from ours, since the last so many characters. */
function logsAt(service: ServiceProcess, offsetS: number, sinceChar: number): true | string {
  const stamps = service.output.slice(sinceChar).match(/^\d{4}-\d\d-\d\dT\S+Z/gm) ?? [];
  const offsetsS = stamps.map((stamp) => Math.round((Date.parse(stamp) - Date.now()) / 1000));
  return offsetsS.some((seen) => Math.abs(seen - offsetS) < 60) || `its log is off by ${offsetsS}`;
}

Deno.test("a clock that is an hour off, or jumps by one, on one side alone: nobody notices", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  await using ahead = await FakedClock.create(HOUR_S);
  await using jumping = await FakedClock.create();
  await using ingest = await startIngest();
  await using ingestThatJumps = await startIngest({ env: jumping.env });
  const common = { cameraUrl: camera.url, unrestricted: true };
  await using aheadProducer = await startProducer({
    ...common,
    ingestUrl: ingest.url,
    env: { ...ahead.env, STREAM_ID: "ahead" },
  });
  await using jumpingProducer = await startProducer({
    ...common,
    ingestUrl: ingest.url,
    // Which has a line each five seconds.
    env: { ...jumping.env, STREAM_ID: "jumps", LOG_LEVEL: "debug" },
  });
  await using steadyProducer = await startProducer({
    ...common,
    ingestUrl: ingestThatJumps.url,
    env: { STREAM_ID: "steady" },
  });
  await using page = await browser.open(ingest.url);
  await using otherPage = await browser.open(ingestThatJumps.url);
  const shown = [
    { page, stream: "ahead" },
    { page, stream: "jumps" },
    { page: otherPage, stream: "steady" },
  ];
  await using viewer = LiveViewer.watch(ingest.url, { stream: "ahead" });

  await t.step(
    "a producer an hour ahead is shown, and its latency told, as any other",
    async () => {
      await Promise.all(
        shown.map((one) =>
          eventually(`"${one.stream}" is live`, STARTS_WITHIN_MS, () => {
            return showsSoundly(one.page, one.stream);
          })
        ),
      );
      assert.equal(logsAt(aheadProducer, HOUR_S, 0), true);
      const aheadMs = (viewer.newest?.timestamp ?? 0) - Date.now();
      assert.ok(Math.abs(aheadMs - HOUR_S * 1000) < 60_000, `its frames are ${aheadMs} ms ahead`);
    },
  );

  for (const offsetS of [HOUR_S, -HOUR_S]) {
    await t.step(`a producer and an ingest whose clocks are set to ${offsetS} s`, async () => {
      const logged = jumpingProducer.output.length;
      await jumping.set(offsetS);
      await Promise.all(shown.map((one) => staysSound(one.page, one.stream)));
      assert.equal(logsAt(jumpingProducer, offsetS, logged), true);
    });
  }

  await t.step("an FFmpeg that starts by the clock as it is now is as good", async () => {
    const [ffmpeg = 0] = await ffmpegsOf(jumpingProducer.pid);
    const laterMs = Date.now() + 300;
    Deno.kill(ffmpeg, "SIGKILL");
    await recovers({
      what: "FFmpeg killed after a jump, picture",
      targetMs: KILLED_TARGET_MS,
      sinceMs: performance.now(),
    }, () => showsNow(page, "jumps", laterMs));
  });
  assert.ok(viewer.longestGapMs < 10_000, `a viewer waited for ${viewer.longestGapMs} ms`);
  const logged = ingestThatJumps.process.output.length;
  await steadyProducer.stop();
  await ingestThatJumps.process.waitFor(/publish ended/, 15_000);
  assert.equal(logsAt(ingestThatJumps.process, -HOUR_S, logged), true);
});
