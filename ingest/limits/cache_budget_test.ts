import { epochNowMs } from "@porthole/protocol";
import assert from "node:assert/strict";
import { Metrics } from "../metrics.ts";
import { StreamRegistry } from "../stream_registry.ts";
import { RecordingWatcher } from "../testing/doubles.ts";
import { h264Frame, jpegData, jpegFrame, outbound } from "../testing/frames.ts";

const KB = 1000;

function registry(maxCacheBytes: number, metrics: Metrics): StreamRegistry {
  const publish = { maxKbps: Infinity, maxFps: Infinity };
  return new StreamRegistry({ maxStreams: 1_000, maxCacheBytes, publish }, metrics);
}

function frame(seq: number, key: boolean, bytes: number) {
  const data = new Uint8Array(bytes);
  new DataView(data.buffer).setUint32(0, bytes - 4);
  return outbound(h264Frame(seq, key, { data }));
}

Deno.test("the pictures kept of all streams together stay within their memory", () => {
  const metrics = new Metrics();
  using streams = registry(100 * KB, metrics);
  for (let seq = 1; seq <= 20; seq++) {
    for (let index = 0; index < 50; index++) {
      const hub = streams.open(`s${index}`);
      hub.publish(frame(seq, seq === 1, 3 * KB), epochNowMs());
      hub.publish(outbound(jpegFrame({ data: jpegData(16, 16, 2 * KB), seq })), epochNowMs());
      assert.ok(metrics.cacheBytes <= 100 * KB, `${metrics.cacheBytes} bytes are kept`);
    }
  }
  assert.ok(metrics.cachesGivenUp > 10 && metrics.cacheBytes > 50 * KB);
});

Deno.test("the largest is given up; who joins there waits for the next keyframe", () => {
  const metrics = new Metrics();
  using streams = registry(100 * KB, metrics);
  const [small, large] = [streams.open("small"), streams.open("large")];
  small.publish(frame(1, true, 20 * KB), epochNowMs());
  large.publish(frame(1, true, 70 * KB), epochNowMs());
  large.publish(frame(2, false, 20 * KB), epochNowMs());
  assert.equal(metrics.cachesGivenUp, 1);
  const [toSmall, toLarge] = [new RecordingWatcher(), new RecordingWatcher()];
  using _small = small.watch("main", toSmall, epochNowMs());
  using _large = large.watch("main", toLarge, epochNowMs());
  assert.deepEqual(toSmall.gopSeqs, [[1]]);
  assert.deepEqual(toLarge.gopSeqs, []);
  large.publish(frame(3, true, 30 * KB), epochNowMs());
  assert.deepEqual(toLarge.deliveredSeqs, [3]);
  assert.equal(large.info(epochNowMs()).renditions[0]?.width, 32, "it is known all the same");
});

Deno.test("streams that go give their memory back", () => {
  const metrics = new Metrics();
  using streams = registry(Infinity, metrics);
  const hub = streams.open("a");
  hub.publish(frame(1, true, 10 * KB), epochNowMs());
  hub.publish(outbound(jpegFrame({ seq: 1 })), epochNowMs());
  assert.ok(metrics.cacheBytes > 10 * KB);
  hub[Symbol.dispose]();
  assert.equal(metrics.cacheBytes, 0);
});
