import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { eventually } from "../testing/eventually.ts";
import { encode, h264Frame, jpegFrame } from "../testing/frames.ts";
import { refusalOf } from "../testing/test_app.ts";
import { TestMesh } from "../testing/test_mesh.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { TestViewer } from "../testing/test_viewer.ts";

const VIEWER_HELLO = { type: "hello", codecs: ["avc1", "jpeg"] } as const;

Deno.test("a viewer on any worker gets what a producer sends to another, byte for byte", async () => {
  await using mesh = await TestMesh.start(3);
  const viewers = await Promise.all(mesh.workers.map((each) => TestViewer.watch(each, "/ws/cam")));
  for (const viewer of viewers) viewer.send(VIEWER_HELLO);
  await using producer = await TestProducer.publish(mesh.worker(1), "/ingest/cam");
  const frames = [1, 2, 3].map((seq) => h264Frame(seq, seq === 1));
  for (const frame of frames) producer.send(frame);
  for (const viewer of viewers) {
    await viewer.framesReceived(3);
    assert.deepEqual(viewer.frames.map(({ bytes }) => bytes), frames.map(encode));
    await viewer[Symbol.asyncDispose]();
  }
});

Deno.test("a plain viewer on one worker has JPEG made by a producer on another, and a snapshot too", async () => {
  await using mesh = await TestMesh.start(2);
  await using producer = await TestProducer.publish(mesh.worker(0), "/ingest/cam");
  producer.send({ type: "hello", software: "test", renditions: ["jpeg"] });
  producer.send(h264Frame(1, true));
  await producer.answer("ack");
  const there = mesh.worker(1);
  await eventually("it is known", async () => {
    return JSON.stringify(await there.json("/api/streams")).includes('"cam"');
  });
  const snapshot = there.fetch("/api/streams/cam/snapshot.jpg");
  await producer.answer("demand", ({ renditions }) => String(renditions) === "jpeg");
  producer.send(jpegFrame({ seq: 1 }));
  assert.equal((await (await snapshot).blob()).type, "image/jpeg");
  await using viewer = await TestViewer.watchPlainly(there, "/ws/cam");
  await viewer.framesReceived(1);
});

Deno.test("a stream that a producer holds on one worker is 409 on another, until it has gone", async () => {
  await using mesh = await TestMesh.start(2);
  const here = await TestProducer.publish(mesh.worker(0), "/ingest/cam");
  const there = mesh.worker(1);
  const post = () => there.fetch("/ingest/cam", { method: "POST", body: encode(jpegFrame()) });
  await eventually("it is taken", async () => {
    const response = await post();
    const [status, code] = response.ok ? [200, await response.text()] : await refusalOf(response);
    return status === 409 && code === "stream_taken";
  });
  await assert.rejects(TestProducer.publish(there, "/ingest/cam"), /409.*stream_taken/);
  await here[Symbol.asyncDispose]();
  const taken = await eventually("it is free", () => publishUnlessTaken(there));
  await taken[Symbol.asyncDispose]();
});

async function publishUnlessTaken(worker: ReturnType<TestMesh["worker"]>) {
  try {
    return await TestProducer.publish(worker, "/ingest/cam");
  } catch (error) {
    assert.match(String(error), /409/);
    return undefined;
  }
}

Deno.test("a stream that is waited for on one worker is offline, not unknown, on another", async () => {
  await using mesh = await TestMesh.start(2);
  await using _viewer = await TestViewer.watchPlainly(mesh.worker(0), "/ws/cam");
  const stream = await eventually("it is known", async () => {
    const response = await mesh.worker(1).fetch("/api/streams/cam");
    const body = await response.json();
    return response.ok && body;
  });
  const offline = { state: "offline", cause: "nobody publishes this stream" };
  assert.deepEqual(stream, { id: "cam", ...offline, renditions: [], viewers: 1 });
});

Deno.test("MAX_CLIENTS is of all workers together", async () => {
  await using mesh = await TestMesh.start(2, { MAX_CLIENTS: "2" });
  await using _first = await TestViewer.watchPlainly(mesh.worker(0), "/ws/a");
  {
    await using _second = await TestViewer.watchPlainly(mesh.worker(1), "/ws/b");
    for (const worker of mesh.workers) {
      const refused = () => worker.fetch("/api/streams/a/mjpeg", { method: "HEAD" });
      await eventually("there is no room", async () => (await refused()).status === 503);
      await assert.rejects(TestViewer.watchPlainly(worker, "/ws/a"), /refused/);
    }
  }
  const third = await eventually("there is room again", () => watchIfWelcome(mesh.worker(0)));
  await third[Symbol.asyncDispose]();
});

async function watchIfWelcome(worker: ReturnType<TestMesh["worker"]>) {
  try {
    return await TestViewer.watchPlainly(worker, "/ws/a");
  } catch (error) {
    assert.match(String(error), /refused/);
    return undefined;
  }
}

Deno.test("MAX_CLIENTS_PER_ADDRESS is of all workers together", async () => {
  await using mesh = await TestMesh.start(2, { MAX_CLIENTS_PER_ADDRESS: "1" });
  await using _first = await TestViewer.watchPlainly(mesh.worker(0), "/ws/a");
  await eventually("it is counted there", async () => {
    const response = await mesh.worker(1).fetch("/api/streams/a/mjpeg");
    await response.body?.cancel();
    return response.status === 503;
  });
});

Deno.test("viewers, metrics and who watches are the same whichever worker is asked", async () => {
  await using mesh = await TestMesh.start(3);
  await using producer = await TestProducer.publish(mesh.worker(0), "/ingest/cam");
  const paths = ["/ws/cam", "/ws/cam", "/ws/other"];
  const viewers = await Promise.all(
    paths.map((path, index) => TestViewer.watchPlainly(mesh.worker(index), path)),
  );
  producer.send(jpegFrame({ seq: 1 }));
  for (const viewer of viewers.slice(0, 2)) await viewer.framesReceived(1);
  for (const worker of mesh.workers) {
    await eventually("two viewers", async () => {
      const response = await worker.fetch("/api/streams/cam");
      const { viewers: count } = await response.json();
      return count === 2;
    });
    const metrics = await worker.json("/metrics") as Record<string, number>;
    assert.equal(metrics["clients_connected"], 3);
    assert.equal(metrics["frames_received"], 1);
    assert.equal(metrics["frames_sent"], 2);
    const text = await worker.fetch("/metrics", { headers: { accept: "text/plain" } });
    const exposition = await text.text();
    assert.match(exposition, /^porthole_clients_connected 3$/m);
    assert.match(exposition, /^porthole_stream_frames_received_total\{stream="cam"\} 1$/m);
    assert.match(exposition, /^porthole_stream_viewers\{stream="cam"\} 2$/m);
    assert.match(exposition, /^porthole_stream_live\{stream="cam"\} 1$/m);
    assert.match(exposition, /^porthole_join_seconds_count\{stream="cam"\} 2$/m);
    const reports = await worker.json("/api/streams/cam/viewers") as {
      viewers: { worker: number; framesSent: number; connectedAt: string }[];
    };
    assert.deepEqual(reports.viewers.map((viewer) => viewer.worker).toSorted(), [0, 1]);
    assert.deepEqual(reports.viewers.map(({ framesSent }) => framesSent), [1, 1]);
    const times = reports.viewers.map(({ connectedAt }) => connectedAt);
    assert.deepEqual(times, times.toSorted());
  }
  for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
});

Deno.test("how viewers say they play is told of all workers together", async () => {
  await using mesh = await TestMesh.start(2);
  await using producer = await TestProducer.publish(mesh.worker(0), "/ingest/cam");
  await using a = await TestViewer.watch(mesh.worker(0), "/ws/cam");
  await using b = await TestViewer.watch(mesh.worker(1), "/ws/cam");
  for (const viewer of [a, b]) viewer.send(VIEWER_HELLO);
  producer.send(h264Frame(1, true));
  for (const viewer of [a, b]) await viewer.framesReceived(1);
  a.send({ type: "report", latencyMs: { p50: 60, p95: 80, p99: 90 }, fps: 30 });
  b.send({ type: "report", latencyMs: { p50: 50, p95: 85, p99: 200 }, fps: 25 });
  for (const worker of mesh.workers) {
    await eventually("both reports", async () => {
      const { viewers } = await worker.json("/metrics") as {
        viewers: { cam?: { reporting: number; [figure: string]: unknown } };
      };
      if (viewers.cam?.reporting !== 2) return false;
      assert.deepEqual(viewers.cam["latency_ms"], { p50: 50, p95: 80, p99: 90 });
      assert.deepEqual(viewers.cam["latency_worst_ms"], { p50: 60, p95: 85, p99: 200 });
      return true;
    });
    const text = await worker.fetch("/metrics", { headers: { accept: "text/plain" } });
    const series = /^porthole_viewer_latency_worst_seconds\{stream="cam",quantile="0.99"\} 0.2$/m;
    assert.match(await text.text(), series);
    const { viewers } = await worker.json("/api/streams/cam/viewers") as {
      viewers: { playback: { fps: number } }[];
    };
    assert.deepEqual(viewers.map(({ playback }) => playback.fps).toSorted(), [25, 30]);
  }
});

Deno.test("a worker that stops tells its own viewers and producers, and nobody twice", async () => {
  const mesh = await TestMesh.start(2);
  await using producer = await TestProducer.publish(mesh.worker(0), "/ingest/cam");
  await using viewer = await TestViewer.watch(mesh.worker(1), "/ws/cam");
  const beforeMs = epochNowMs();
  await mesh[Symbol.asyncDispose]();
  assert.ok(epochNowMs() - beforeMs < 10_000, "bound of a stop, kept by design");
  assert.equal((await viewer.closed).code, 1001);
  assert.equal(viewer.controls("bye").length, 1);
  assert.equal((await producer.answer("bye"))["code"], "shutdown");
});
