import assert from "node:assert/strict";
import { CameraProcess } from "../testing/camera_process.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { chromiumIn } from "../testing/network_namespaces.ts";
import type { ServiceProcess } from "../testing/process.ts";
import { childrenOf, openDescriptors } from "../testing/process_table.ts";
import { recovers, showsNow } from "../testing/recovery.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import type { StreamDescription } from "../testing/stream_description.ts";
import { StarNetwork } from "../testing/star_network.ts";

const TARGET_MS = 5_000;
const STARTS_WITHIN_MS = 30_000;
const NOTICED_WITHIN_MS = 15_000;
/** Longer than anybody waits before taking the other for gone. */
const CUT_FOR_MS = 10_000;
/** The producer has taken ingest for gone and comes back, when ingest still waits for it. */
const CUT_FOR_LESS_MS = 5_000;

/** By the page: the test itself is not in that network. */
async function described(page: PlayerPage, stream: string): Promise<StreamDescription> {
  return await page.page.evaluate<StreamDescription>(
    `fetch("/api/streams/${stream}").then((response) => response.json())`,
  );
}

/** The page and the API say that the picture is not live, and why. */
async function isSaid(page: PlayerPage, stream: string, cause: RegExp): Promise<void> {
  await eventually(`the page says what is wrong with "${stream}"`, NOTICED_WITHIN_MS, async () => {
    const said = `${await page.attribute("data-state", stream)}: ${await page.message(stream)}`;
    return (/^stale: No picture for \d+ s/i.test(said) && cause.test(said)) || said;
  });
  const { state, cause: apiCause } = await described(page, stream);
  assert.equal(state, "stale");
  assert.match(apiCause, cause);
}

/** From the cut to the moment at which the link is mended. */
async function whileCut<End extends string>(
  network: StarNetwork<End>,
  end: End,
  meanwhile: () => Promise<void>,
  forMs: number = CUT_FOR_MS,
): Promise<number> {
  await network.cut(end);
  const untilMs = performance.now() + forMs;
  await meanwhile();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, untilMs - performance.now())));
  await network.mend(end);
  return performance.now();
}

async function holdsNoMore(process: ServiceProcess, before: number): Promise<void> {
  await eventually("no descriptor is left open", 15_000, async () => {
    const now = await openDescriptors(process.pid);
    return now <= before || `${now} are open, ${before} were before`;
  });
}

Deno.test("links that drop every packet and say nothing: noticed, said, and survived", async (t) => {
  await using network = await StarNetwork.create(["camera", "producer", "viewer"]);
  // "far": the camera is behind a link. "site": its producer is, and the camera beside that.
  await using farCamera = await CameraProcess.start({
    runBy: network.atEnd("camera"),
    host: network.addressOf("camera"),
  });
  await using siteCamera = await CameraProcess.start({ runBy: network.atEnd("producer") });
  await using ingest = await startIngest({
    runBy: network.inMiddle,
    env: { INGEST_HOST: "0.0.0.0", AUTH: "off" },
  });
  const { port } = new URL(ingest.url);
  await using farProducer = await startProducer({
    runBy: network.inMiddle,
    cameraUrl: farCamera.url,
    ingestUrl: `http://127.0.0.1:${port}`,
    env: { STREAM_ID: "far" },
  });
  await using siteProducer = await startProducer({
    runBy: network.atEnd("producer"),
    cameraUrl: siteCamera.url,
    ingestUrl: `http://${network.middleAddressFor("producer")}:${port}`,
    env: { STREAM_ID: "site" },
  });

  const directory = await Deno.makeTempDir({ prefix: "porthole-chromium-" });
  try {
    const origin = `http://${network.middleAddressFor("viewer")}:${port}`;
    const executablePath = await chromiumIn(network.namespaceOf("viewer"), { origin, directory });
    await using browser = await TestBrowser.launch({ executablePath });
    await using page = await browser.open(origin);
    for (const stream of ["far", "site"]) {
      await eventually(`"${stream}" is live`, STARTS_WITHIN_MS, () => showsNow(page, stream));
    }
    const before = {
      far: await openDescriptors(farProducer.pid),
      site: await openDescriptors(siteProducer.pid),
      ingest: await openDescriptors(ingest.process.pid),
    };

    const cameraCut = async () => {
      const sinceMs = await whileCut(network, "camera", async () => {
        await isSaid(page, "far", /no pictures|cannot be reached|does not answer|stall/i);
      });
      await recovers(
        { what: "link from the camera cut, picture", targetMs: TARGET_MS, sinceMs },
        () => showsNow(page, "far"),
      );
      await holdsNoMore(farProducer, before.far);
      assert.deepEqual((await childrenOf(farProducer.pid)).map(({ name }) => name), ["ffmpeg"]);
    };
    const uplinkCut = async () => {
      const ffmpegs = await childrenOf(siteProducer.pid);
      for (const forMs of [CUT_FOR_MS, CUT_FOR_LESS_MS]) {
        const sinceMs = await whileCut(network, "producer", async () => {
          await isSaid(page, "site", /no frames|nothing was heard|publisher|producer|silent/i);
        }, forMs);
        const what = `link from the producer cut for ${forMs / 1000} s, picture`;
        await recovers({ what, targetMs: TARGET_MS, sinceMs }, () => showsNow(page, "site"));
      }
      await holdsNoMore(siteProducer, before.site);
      const pidsOf = (list: typeof ffmpegs) => list.map(({ pid }) => pid);
      assert.deepEqual(pidsOf(await childrenOf(siteProducer.pid)), pidsOf(ffmpegs), "untroubled");
    };
    const outcomes = await Promise.allSettled([cameraCut(), uplinkCut()]);
    for (const [index, link] of ["camera to producer", "producer to ingest"].entries()) {
      await t.step(link, () => {
        const outcome = outcomes[index];
        if (outcome?.status === "rejected") throw outcome.reason;
      });
    }

    await t.step("ingest to viewer", async () => {
      const sinceMs = await whileCut(network, "viewer", async () => {
        await eventually("the page does not pass its picture off as live", 10_000, async () => {
          const said = `${await page.attribute("data-state", "far")}: ${await page.message("far")}`;
          return /^stale: No picture for \d|^connecting: Connecting again/i.test(said) || said;
        });
      });
      for (const stream of ["far", "site"]) {
        await recovers(
          { what: `link to the viewer cut, picture of "${stream}"`, targetMs: TARGET_MS, sinceMs },
          () => showsNow(page, stream),
        );
      }
      const metrics = "fetch('/metrics').then((response) => response.json())";
      await eventually("ingest counts no viewer that is gone", 15_000, async () => {
        const { clients_connected: clients } = await page.page.evaluate<
          { readonly clients_connected: number }
        >(metrics);
        return clients === 2 || `${clients} clients`;
      });
    });
    await t.step("ingest holds no more than before", () => {
      return holdsNoMore(ingest.process, before.ingest);
    });
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
