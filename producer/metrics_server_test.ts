import { MAIN_RENDITION } from "@porthole/protocol";
import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import type { CameraMetrics } from "./camera_metrics.ts";
import { ProducerMetrics } from "./metrics.ts";
import { answer, serveMetrics } from "./metrics_server.ts";

const ask = (path: string, metrics: ProducerMetrics, method = "GET") =>
  answer(new Request(`http://127.0.0.1${path}`, { method }), metrics);

function connected(camera: CameraMetrics, isConnected: boolean): void {
  const [discards, own] = [() => [], () => MAIN_RENDITION];
  camera.watch({ discards, isConnected: () => isConnected, own, derived: [] });
}

Deno.test("it is ready while ingest takes pictures of any camera; one that is away is told", async () => {
  using metrics = new ProducerMetrics();
  assert.equal((await ask("/readyz", metrics)).status, 200, "without cameras there is no fault");
  using door = metrics.camera("door");
  using yard = metrics.camera("yard");
  connected(door, false);
  connected(yard, false);
  const alone = await ask("/readyz", metrics);
  assert.equal(alone.status, 503);
  assert.equal((await alone.json()).reasons[0].code, "not_publishing");
  assert.equal((await ask("/healthz", metrics)).status, 200);
  connected(yard, true);
  door.status = { type: "status", state: "failed", cause: "camera ended the stream" };
  const ready = await ask("/readyz", metrics);
  assert.equal(ready.status, 200);
  assert.deepEqual(await ready.json(), {
    status: "ready",
    reasons: [],
    notes: [{ code: "no_picture", message: "camera ended the stream", stream: "door" }],
  });
});

Deno.test("restarts and discards are told by why", async () => {
  using metrics = new ProducerMetrics();
  using door = metrics.camera("door");
  door.restarted("stalled");
  door.restarted("stalled");
  door.restarted("refused");
  door.renditionRestarted("low", "frozen");
  door.uplinkRestarted("silent");
  door.uplinkRestarted("taken");
  door.uplinkRestarted("silent");
  const discards = [{ rendition: "jpeg", behind: 2, replaced: 3 }];
  const own = () => MAIN_RENDITION;
  door.watch({ discards: () => discards, isConnected: () => true, own, derived: [] });
  const text = await (await ask("/metrics", metrics)).text();
  for (
    const line of [
      'camera_restarts_total{stream="door",cause="stalled"} 2',
      'camera_restarts_total{stream="door",cause="refused"} 1',
      'rendition_restarts_total{stream="door",rendition="low",cause="frozen"} 1',
      'uplink_restarts_total{stream="door",cause="silent"} 2',
      'uplink_restarts_total{stream="door",cause="taken"} 1',
      'frames_discarded_total{stream="door",rendition="jpeg",cause="replaced"} 3',
    ]
  ) {
    assert.ok(text.includes(`\nporthole_producer_${line}\n`), `${line}:\n${text}`);
  }
});

Deno.test("a camera that takes another's id takes its place, and is not forgotten with it", async () => {
  using metrics = new ProducerMetrics();
  const before = metrics.camera("door");
  using after = metrics.camera("door");
  before[Symbol.dispose]();
  after.restarted("stalled");
  const text = await metrics.exposition();
  assert.match(
    text,
    /^porthole_producer_camera_restarts_total\{stream="door",cause="stalled"\} 1$/m,
  );
});

Deno.test("a camera that sleeps until somebody watches is neither live nor not, and no fault", async () => {
  using metrics = new ProducerMetrics();
  using door = metrics.camera("door");
  connected(door, true);
  const live = async () => (await metrics.exposition()).match(/^\w+camera_live\{.*$/gm);
  door.status = { type: "status", state: "connecting", cause: "it sleeps", standby: true };
  assert.equal(await live(), null);
  assert.deepEqual((await (await ask("/readyz", metrics)).json()).notes, []);
  door.status = { type: "status", state: "live", cause: "" };
  assert.deepEqual(await live(), ['porthole_producer_camera_live{stream="door"} 1']);
  door.status = { type: "status", state: "failed", cause: "refused" };
  assert.deepEqual(await live(), ['porthole_producer_camera_live{stream="door"} 0']);
});

Deno.test("it answers GET alone, and what there is alone", async () => {
  using metrics = new ProducerMetrics();
  assert.equal((await ask("/metrics", metrics, "POST")).status, 405);
  assert.equal((await ask("/", metrics)).status, 404);
});

Deno.test("a port that is taken is said to be, by its setting's name", () => {
  using metrics = new ProducerMetrics();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  assert.throws(
    () => serveMetrics({ host: "127.0.0.1", port }, metrics),
    (error) => error instanceof MisuseError && /METRICS_PORT.*in use/.test(error.message),
  );
});
