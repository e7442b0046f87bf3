import assert from "node:assert/strict";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually, TestBrowser } from "../testing/browser.ts";
import { freePort } from "../testing/free_port.ts";
import { childrenOf, openDescriptors } from "../testing/process_table.ts";
import { recovers, showsNow } from "../testing/recovery.ts";
import { type Ingest, startIngest, startProducer } from "../testing/services.ts";
import { metricsOf } from "../testing/stream_description.ts";

const SIZE = { widthPx: 640, heightPx: 360, fps: 15, gopFrames: 15, bitrateKbps: 1_000 };
const STREAMS = ["door", "garden", "yard"];
const RESTARTED_TARGET_MS = 3_000;
const THAWED_TARGET_MS = 5_000;
const STARTS_WITHIN_MS = 30_000;
/** Long enough for producers and viewers to have become patient. */
const AWAY_MS = 8_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("an ingest that is killed, or frozen, has its producers and viewers back by themselves", async (t) => {
  await using browser = await TestBrowser.launch();
  await using camera = await SimulatedCamera.start(SIZE);
  const port = freePort();
  await using owned = new AsyncDisposableStack();
  let ingest: Ingest = owned.use(await startIngest({ port }));
  const ingestUrl = ingest.url;
  const producers = await Promise.all(STREAMS.map(async (STREAM_ID) => {
    const options = { cameraUrl: camera.url, ingestUrl, env: { STREAM_ID } };
    return owned.use(await startProducer(options));
  }));
  await using page = await browser.open(ingestUrl);
  for (const stream of STREAMS) {
    await eventually(`"${stream}" is live`, STARTS_WITHIN_MS, () => showsNow(page, stream));
  }
  const loadedAtMs = await page.page.evaluate<number>("performance.timeOrigin");
  const before = await Promise.all(producers.map(({ pid }) => openDescriptors(pid)));
  const ffmpegs = await Promise.all(producers.map(({ pid }) => childrenOf(pid)));

  const allShow = async (what: string, targetMs: number, sinceMs: number) => {
    await Promise.all(
      STREAMS.map((stream) =>
        recovers({ what: `${what}, "${stream}"`, targetMs, sinceMs }, () => showsNow(page, stream))
      ),
    );
  };
  const isSaid = async (words: RegExp) => {
    for (const stream of STREAMS) {
      await eventually(`the page says that "${stream}" is not live`, 10_000, async () => {
        const said = `${await page.attribute("data-state", stream)}: ${await page.message(stream)}`;
        return words.test(said) || said;
      });
    }
  };

  for (const awayMs of [0, AWAY_MS]) {
    await t.step(`killed with -9, and there again after ${awayMs} ms`, async () => {
      const logged = producers.map(({ output }) => output.length);
      ingest.process.signal("SIGKILL");
      await ingest.process.exited;
      await isSaid(/^connecting: Connecting again/i);
      await pause(awayMs);
      ingest = owned.use(await startIngest({ port }));
      await allShow(
        `ingest killed and away for ${awayMs} ms`,
        RESTARTED_TARGET_MS,
        performance.now(),
      );
      for (const [index, { output }] of producers.entries()) {
        assert.match(output.slice(logged[index]), /not publishing to ingest cause="\w+ \w+ .*"/);
      }
    });
  }

  await t.step("frozen for so long that both sides have given it up", async () => {
    ingest.process.signal("SIGSTOP");
    await isSaid(/^stale: No picture for \d+ s|^connecting: Connecting again/i);
    await pause(AWAY_MS);
    ingest.process.signal("SIGCONT");
    await allShow("ingest frozen", THAWED_TARGET_MS, performance.now());
  });

  await t.step("nothing is left of it all, and no camera was connected to anew", async () => {
    for (const [index, { pid }] of producers.entries()) {
      await eventually("a producer holds no more than before", 10_000, async () => {
        const now = await openDescriptors(pid);
        return now <= (before[index] ?? 0) || `${now} descriptors, ${before[index]} before`;
      });
      const pids = (await childrenOf(pid)).map((child) => child.pid);
      assert.deepEqual(pids, ffmpegs[index]?.map((child) => child.pid));
    }
    await eventually("ingest counts the page's viewers alone", 15_000, async () => {
      const { clients_connected: clients = NaN } = await metricsOf(ingestUrl);
      return clients === STREAMS.length || `it counts ${clients}`;
    });
    assert.equal(await page.page.evaluate<number>("performance.timeOrigin"), loadedAtMs);
  });
});
