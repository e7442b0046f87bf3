import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { ServiceProcess } from "../testing/process.ts";
import { startIngest, startProducer } from "../testing/services.ts";

function runScript(name: string, args: readonly string[]): Promise<ServiceProcess> {
  return ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", "-A", fileURLToPath(new URL(name, import.meta.url)), ...args],
  });
}

function webSocketUrl(ingestUrl: string): string {
  return `${ingestUrl.replace("http", "ws")}ws`;
}

Deno.test("a twenty-line script publishes and another watches, by the plain format alone", async () => {
  await using ingest = await startIngest();
  await using watcher = await runScript("plain_watcher.ts", [webSocketUrl(ingest.url), "3"]);
  await eventually("the watcher is connected", 10_000, async () => {
    const { clients_connected: clients } = await (await fetch(`${ingest.url}metrics`)).json();
    return clients === 1 || `${clients} clients`;
  });
  await using publisher = await runScript("plain_publisher.ts", [`${ingest.url}ingest`, "5"]);
  assert.equal((await publisher.exited).code, 0);
  assert.deepEqual(publisher.output.match(/^\d+$/gm), ["200", "200", "200", "200", "200"]);
  assert.equal((await watcher.exited).code, 0);
  assert.equal(watcher.output.match(/^320x240 \d+ bytes$/gm)?.length, 3, watcher.output);

  const metrics = await (await fetch(`${ingest.url}metrics`)).json();
  assert.equal(metrics.frames_received, 5);
  assert.ok(metrics.bytes_processed > 5 * 1000);
  assert.equal(metrics.clients_connected, 0);
  assert.ok(Math.abs(metrics.timestamp - Date.now() / 1000) < 60);
});

Deno.test("JPEG is made while somebody plain watches, from the one connection to the camera", async () => {
  await using camera = await SimulatedCamera.start({ widthPx: 640, heightPx: 360 });
  await using ingest = await startIngest();
  await using producer = await startProducer({
    cameraUrl: camera.url,
    ingestUrl: ingest.url,
    env: { LOG_LEVEL: "debug" },
  });
  await producer.waitFor(/camera is live/, 20_000);
  assert.doesNotMatch(producer.output, /producer\.jpeg: the rendition is wanted/);

  await using watcher = await runScript("plain_watcher.ts", [webSocketUrl(ingest.url), "30"]);
  assert.equal((await watcher.exited).code, 0, watcher.output);
  assert.equal(watcher.output.match(/^640x360 \d+ bytes$/gm)?.length, 30, watcher.output);
  await producer.waitFor(/producer\.jpeg: the rendition is wanted/, 15_000);

  const snapshot = await fetch(`${ingest.url}api/streams/default/snapshot.jpg`);
  assert.equal(snapshot.headers.get("content-type"), "image/jpeg");
  const bytes = new Uint8Array(await snapshot.arrayBuffer());
  assert.deepEqual([...bytes.subarray(0, 3)], [0xff, 0xd8, 0xff]);

  await producer.waitFor(/producer\.jpeg: the rendition is no longer wanted/, 15_000);
  assert.equal(producer.output.match(/connecting to the camera/g)?.length, 1, producer.output);
});
