import assert from "node:assert/strict";
import { SimulatedCamera } from "../deploy/camera/simulated_camera.ts";
import type { CameraCodec } from "../deploy/camera/test_picture.ts";
import { loadConfig } from "./config.ts";
import { ProducerMetrics } from "./metrics.ts";
import { produce } from "./producer.ts";
import { Report } from "./report.ts";
import { FakeIngest } from "./testing/fake_ingest.ts";
import { until } from "./testing/fixtures.ts";

/** One camera on its way to the fake ingest, by these settings besides. */
async function withProducer(
  settings: Record<string, string>,
  body: (ingest: FakeIngest, metrics: ProducerMetrics) => Promise<void>,
  codec: CameraCodec = "h264",
): Promise<void> {
  const picture = { codec, widthPx: 320, heightPx: 240, gopFrames: 10, bitrateKbps: 500 };
  await using camera = await SimulatedCamera.start(picture);
  await using ingest = new FakeIngest();
  const INGEST_URL = ingest.url.href;
  const config = loadConfig({ RTSP_URL: camera.url, INGEST_URL, STREAM_ID: "hall", ...settings });
  const abort = new AbortController();
  using metrics = new ProducerMetrics();
  const producing = produce(config, { report: new Report(), metrics }, abort.signal);
  try {
    await body(ingest, metrics);
  } finally {
    abort.abort();
    await producing;
  }
  assert.doesNotMatch(await metrics.exposition(), /stream="hall"/, "its series go with it");
}

Deno.test("the camera's H.264 goes up always, JPEGs of the same pictures while they are wanted", async () => {
  await withProducer({ RTSP_MAX_WIDTH: "160" }, async (ingest) => {
    const publish = await ingest.publish();
    const jpegs = () => publish.frames.filter(({ rendition }) => rendition === "jpeg");
    await until(() => publish.frames.length >= 5, "five frames came");
    assert.deepEqual(jpegs(), []);
    const [hello] = publish.controls;
    assert.deepEqual(hello, {
      ...{ type: "hello", software: "porthole-producer", renditions: ["jpeg", "low"] },
    });
    publish.say({ type: "demand", renditions: ["jpeg"] });
    await until(() => jpegs().length >= 5, "five JPEGs came");
    const main = new Map(publish.frames.map((frame) => [frame.pts, frame]));
    for (const { pts, timestamp, width, height } of jpegs()) {
      assert.equal(timestamp, main.get(pts)?.timestamp);
      assert.deepEqual([width, height], [160, 120]);
    }
    publish.say({ type: "demand", renditions: [] });
    const states = publish.controls.flatMap((said) => said?.type === "status" ? [said.state] : []);
    assert.deepEqual(states, ["connecting", "live"]);
  });
});

Deno.test("low is made while it is wanted, beside JPEGs or without them", async () => {
  await withProducer({}, async (ingest) => {
    const publish = await ingest.publish();
    const of = (name: string) => publish.frames.filter(({ rendition }) => rendition === name);
    await until(() => of("main").length >= 5, "five frames came");
    publish.say({ type: "demand", renditions: ["low"] });
    await until(() => of("low").length >= 5, "five frames of low came");
    assert.deepEqual(of("jpeg"), []);
    publish.say({ type: "demand", renditions: ["jpeg", "low"] });
    await until(() => of("jpeg").length >= 5, "five JPEGs came");
    const before = of("low").length;
    publish.say({ type: "demand", renditions: ["low"] });
    await until(() => of("low").length >= before + 5, "low goes on");
    const main = new Map(of("main").map((frame) => [frame.pts, frame]));
    of("low").forEach(({ pts, timestamp, seq, width, height, key, codec }, index) => {
      assert.equal(timestamp, main.get(pts)?.timestamp);
      assert.deepEqual({ seq, width, height }, { seq: index, width: 320, height: 240 });
      assert.ok(index > 0 || key, "a keyframe first");
      assert.match(codec ?? "", /^avc1\.42/);
    });
  });
});

Deno.test("in JPEG mode JPEGs go up, and nothing else", async () => {
  await withProducer({ RTSP_CODEC: "jpeg" }, async (ingest) => {
    const publish = await ingest.publish();
    await until(() => publish.frames.length >= 5, "five frames came");
    assert.deepEqual(new Set(publish.frames.map(({ rendition }) => rendition)), new Set(["jpeg"]));
    assert.deepEqual(publish.controls[0], {
      ...{ type: "hello", software: "porthole-producer", renditions: [] },
    });
    publish.end();
    const second = await ingest.publish(1);
    await until(() => second.frames.length >= 5, "they go on without being asked for");
  });
});

Deno.test("the camera's H.265 goes up as it is, H.264 and the rest of it while they are wanted", async () => {
  await withProducer({ RTSP_MAX_WIDTH: "160" }, async (ingest, metrics) => {
    const publish = await ingest.publish();
    const of = (name: string) => publish.frames.filter(({ rendition }) => rendition === name);
    const running = async () => {
      const isRunning = /_renditions_running{stream="hall",rendition="(\w+)"} 1$/gm;
      return [...(await metrics.exposition()).matchAll(isRunning)].map(([, name]) => name);
    };
    await until(() => of("source").length >= 5, "five frames came");
    const [first] = of("source");
    assert.match(first?.codec ?? "", /^hvc1\.1\.6\.L\d+\./);
    assert.equal(first?.key, true);
    assert.deepEqual(
      new Set(publish.frames.map(({ rendition }) => rendition)),
      new Set(["source"]),
    );
    const hellos = publish.controls.filter((said) => said?.type === "hello");
    assert.deepEqual(hellos.at(-1), {
      ...{ type: "hello", software: "porthole-producer", renditions: ["main", "jpeg", "low"] },
    });
    assert.deepEqual(await running(), ["source"]);
    publish.say({ type: "demand", renditions: ["jpeg", "low", "main"] });
    await until(() => ["main", "low", "jpeg"].every((name) => of(name).length >= 5), "all came");
    assert.deepEqual(await running(), ["source", "main", "jpeg", "low"]);
    const sources = new Map(of("source").map((frame) => [frame.pts, frame]));
    for (const name of ["main", "low", "jpeg"]) {
      assert.equal(of(name)[0]?.key, true, name);
      for (const { pts, timestamp, codec } of of(name)) {
        assert.equal(timestamp, sources.get(pts)?.timestamp, name);
        assert.match(codec ?? "", name === "jpeg" ? /^jpeg$/ : /^avc1\.42/);
      }
    }
    assert.deepEqual(
      [of("main")[0]?.width, of("low")[0]?.width, of("jpeg")[0]?.width],
      [320, 320, 160],
    );
    publish.say({ type: "demand", renditions: [] });
    await until(() => publish.controls.length > 0, "it went on");
  }, "h265");
});

Deno.test("its metrics tell what was made, what runs, and that ingest takes it", async () => {
  await withProducer({}, async (ingest, metrics) => {
    const publish = await ingest.publish();
    publish.say({ type: "demand", renditions: ["low"] });
    await until(() => publish.frames.some(({ rendition }) => rendition === "low"), "low came");
    const newest = publish.frames.at(-1);
    const rendition = newest?.rendition ?? "";
    publish.say({ type: "ack", rendition, seq: newest?.seq ?? 0 });
    let text = "";
    const valueOf = (name: string) => {
      const line = new RegExp(`^porthole_producer_${RegExp.escape(name)} (\\S+)$`, "m");
      return Number(line.exec(text)?.[1]);
    };
    await until(async () => {
      text = await metrics.exposition();
      return valueOf('publish_age_seconds_count{stream="hall"}') > 0;
    }, "the ack is observed");
    assert.ok(valueOf('frames_total{stream="hall",rendition="main"}') > 0, text);
    assert.ok(valueOf('bytes_total{stream="hall",rendition="low"}') > 0);
    assert.equal(valueOf('camera_live{stream="hall"}'), 1);
    assert.equal(valueOf('uplink_connected{stream="hall"}'), 1);
    assert.ok(valueOf('uplink_rtt_seconds{stream="hall"}') > 0);
    assert.equal(valueOf('renditions_running{stream="hall",rendition="low"}'), 1);
    assert.equal(valueOf('renditions_running{stream="hall",rendition="jpeg"}'), 0);
    assert.equal(
      valueOf('frames_discarded_total{stream="hall",rendition="main",cause="behind"}'),
      0,
    );
  });
});
