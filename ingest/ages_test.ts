import assert from "node:assert/strict";
import { eventually } from "./testing/eventually.ts";
import { h264Frame, jpegFrame } from "./testing/frames.ts";
import { TestIngest } from "./testing/test_ingest.ts";
import { TestProducer } from "./testing/test_producer.ts";
import { TestViewer } from "./testing/test_viewer.ts";

interface Distribution {
  readonly count: number;
  readonly sumS: number;
}

async function distributionOf(ingest: TestIngest, name: string): Promise<Distribution> {
  const response = await ingest.fetch("/metrics", { headers: { accept: "text/plain" } });
  const text = await response.text();
  const valueOf = (suffix: string) =>
    Number(
      new RegExp(`^porthole_${name}_${suffix}\\{stream="cam"\\} (\\S+)$`, "m").exec(text)?.[1] ?? 0,
    );
  return { count: valueOf("count"), sumS: valueOf("sum") };
}

/** Answers every question for the time, by a clock that is so far ahead of ingest's. */
async function publishAheadBy(ingest: TestIngest, aheadMs: number): Promise<TestProducer> {
  const producer = await TestProducer.publish(ingest, "/ingest/cam");
  const { t0 } = await producer.answer("clock");
  const t1 = Number(t0) + aheadMs;
  producer.send({ type: "clock", t0: Number(t0), t1, t2: t1 });
  return producer;
}

Deno.test("a frame's age is by the publisher's clock, once that is known, and without replays", async () => {
  await using ingest = await TestIngest.start();
  const aheadMs = 3_600_000;
  await using producer = await publishAheadBy(ingest, aheadMs);
  const then = (ageMs: number) => ({ timestamp: Math.round(Date.now() + aheadMs - ageMs) });
  producer.send({ type: "replay", rendition: "main", untilSeq: 2 });
  producer.send(h264Frame(1, true, then(9_000)));
  producer.send(h264Frame(2, false, then(8_000)));
  producer.send(h264Frame(3, false, then(300)));
  producer.send(jpegFrame({ seq: 1, ...then(500) }));
  const { sumS } = await eventually("two frames are observed", async () => {
    const published = await distributionOf(ingest, "publish_age_seconds");
    return published.count === 2 && published;
  });
  assert.ok(sumS > 0.7 && sumS < 5, `${sumS} s, and not an hour`);
  const text = await (await ingest.fetch("/metrics", { headers: { accept: "text/plain" } })).text();
  assert.match(text, /^porthole_uplink_rtt_seconds\{stream="cam"\} [\d.e-]+$/m);
});

Deno.test("before the clocks are compared nothing is said of age", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  producer.send(h264Frame(1, true));
  await producer.answer("ack");
  assert.equal((await distributionOf(ingest, "publish_age_seconds")).count, 0);
});

Deno.test("acks and reports tell how late pictures are at viewers, and joins how long they took", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  await using viewer = await TestViewer.watch(ingest, "/ws/cam");
  viewer.send({ type: "hello", codecs: ["avc1", "jpeg"] });
  producer.send(h264Frame(1, true));
  await viewer.framesReceived(1);
  viewer.send({ type: "ack", seq: 1, rendition: "main" });
  const report = { type: "report", latencyMs: { p50: 60, p95: 80, p99: 90 }, fps: 30 } as const;
  viewer.send(report);
  viewer.send(report);
  const { sumS } = await eventually("the ack is observed", async () => {
    const delivered = await distributionOf(ingest, "delivery_age_seconds");
    return delivered.count > 0 && delivered;
  });
  assert.ok(sumS > 0 && sumS < 5, String(sumS));
  const shown = await distributionOf(ingest, "glass_age_seconds");
  assert.deepEqual(shown, { count: 1, sumS: 0.06 }, "who reports more often counts no more");
  assert.equal((await distributionOf(ingest, "join_seconds")).count, 1);
});
