import assert from "node:assert/strict";
import { TestIngest } from "../../ingest/testing/test_ingest.ts";
import { TestViewer } from "../../ingest/testing/test_viewer.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { eventually } from "../testing/browser.ts";
import { freePort } from "../testing/free_port.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { type CollectedSpan, TraceCollector } from "../testing/trace_collector.ts";

const WITHIN_MS = 20_000;
const PICTURE = { widthPx: 320, heightPx: 240, gopFrames: 10 };
const USER = "admin";
const PASSWORD = "hunter22-hunter22";
const AUTH = { auth: "digest", user: USER, password: PASSWORD } as const;

for (const workers of ["1", "2"]) {
  Deno.test(`a collector is told of connects, joins and restarts, with ${workers} worker(s)`, async () => {
    await using collector = new TraceCollector();
    const port = freePort();
    const ingest = await startIngest({ env: { ...collector.env, INGEST_WORKERS: workers } });
    await using served = new TestIngest(ingest);
    const cameraUrl = `rtsp://${USER}:${PASSWORD}@127.0.0.1:${port}/camera`;
    await using producer = await startProducer({
      cameraUrl,
      ingestUrl: ingest.url,
      env: { ...collector.env, STREAM_ID: "door", RTSP_RETRY_DELAY: "1" },
    });
    const spanOf = async (name: string, fits: (span: CollectedSpan) => boolean = () => true) => {
      const find = () => collector.spans.find((span) => span.name === name && fits(span));
      await eventually(`${name} is told`, WITHIN_MS, () => {
        return find() !== undefined || `so far ${collector.spans.map((span) => span.name)}`;
      });
      return find() ?? assert.fail();
    };
    const isError = ({ status }: CollectedSpan) => status.code === 2;

    await producer.waitFor(/no picture from the camera/, WITHIN_MS);
    const refused = await spanOf("camera.connect", isError);
    assert.equal(refused.status.message, "refused");
    const uplink = await spanOf("uplink.connect");
    assert.deepEqual(uplink.attributes, { stream: "door", http: "1.1" });

    await using camera = await SimulatedCamera.start({ ...PICTURE, ...AUTH, port });
    const connected = await spanOf("camera.connect", (span) => !isError(span));
    assert.deepEqual(
      [connected.attributes["stream"], connected.attributes["plan"]],
      ["door", "passthrough"],
    );
    assert.equal(Number(connected.attributes["width"]), PICTURE.widthPx);
    const restart = await spanOf("camera.restart");
    assert.deepEqual(restart.attributes, { stream: "door", cause: "refused" });
    assert.ok(restart.durationMs > connected.durationMs, "from the failure to the picture");

    await using viewer = await TestViewer.watch(served, "/ws/door");
    viewer.send({ type: "hello", codecs: ["avc1", "jpeg"] });
    await viewer.framesReceived(1);
    const join = await spanOf("viewer.join");
    assert.deepEqual(join.attributes, { stream: "door", rendition: "main" });
    assert.ok(!isError(join) && join.durationMs >= 0);

    await producer.stop();
    assert.doesNotMatch(collector.received, /hunter22/);
    assert.equal(camera.port, port);
  });
}
