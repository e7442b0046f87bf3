import { MAX_GOP_BYTES } from "@porthole/protocol";
import assert from "node:assert/strict";
import { RenditionTrack } from "./rendition_track.ts";
import { RecordingWatcher } from "./testing/doubles.ts";
import { h264Frame, outbound } from "./testing/frames.ts";

const frameOf = (seq: number, key = false) => outbound(h264Frame(seq, key));

Deno.test("each watcher gets each frame, as the same object", () => {
  const track = new RenditionTrack("main");
  const watchers = [new RecordingWatcher(), new RecordingWatcher()];
  for (const watcher of watchers) track.add(watcher, 0);
  const frame = frameOf(1, true);
  track.publish(frame, 0);
  for (const { delivered } of watchers) assert.equal(delivered[0], frame);
});

Deno.test("who joins inside a GOP gets all of it at once, then frame by frame", () => {
  const track = new RenditionTrack("main");
  for (const [seq, key] of [[1, true], [2, false], [3, true], [4, false]] as const) {
    track.publish(frameOf(seq, key), 0);
  }
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  track.publish(frameOf(5), 0);
  assert.deepEqual(watcher.gopSeqs, [[3, 4]]);
  assert.deepEqual(watcher.deliveredSeqs, [5]);
});

Deno.test("who joins a GOP past its bound waits for the next keyframe", () => {
  const track = new RenditionTrack("main");
  track.publish(frameOf(1, true), 0);
  const huge = outbound(h264Frame(2, false));
  track.publish({ ...huge, bytes: new Uint8Array(MAX_GOP_BYTES) }, 0);
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  assert.deepEqual(watcher.gops, []);
});

Deno.test("a replay is handed out as one GOP at its end, to those who wait and not frame by frame", () => {
  const track = new RenditionTrack("main");
  const waiting = new RecordingWatcher();
  const joining = new RecordingWatcher();
  track.add(waiting, 0);
  track.expectReplay(12);
  track.publish(frameOf(10, true), 0);
  track.publish(frameOf(11), 0);
  track.add(joining, 0);
  assert.deepEqual(joining.gops, [], "half a GOP is of no use");
  track.publish(frameOf(12), 0);
  track.publish(frameOf(13), 0);
  for (const watcher of [waiting, joining]) {
    assert.deepEqual(watcher.gopSeqs, [[10, 11, 12]]);
    assert.deepEqual(watcher.deliveredSeqs, [13]);
  }
});

Deno.test("a replay whose last frame was discarded ends with the first one behind it", () => {
  const track = new RenditionTrack("main");
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  track.expectReplay(12);
  track.publish(frameOf(10, true), 0);
  track.publish(frameOf(20, true), 0);
  track.publish(frameOf(21), 0);
  assert.deepEqual(watcher.gopSeqs, [[20]]);
  assert.deepEqual(watcher.deliveredSeqs, [21]);
  assert.deepEqual(watcher.givenUpSeqs, [[10]]);
});

Deno.test("what came of a replay that goes no further is given up, by whoever ends it", () => {
  const ends: ((track: RenditionTrack, watcher: RecordingWatcher) => void)[] = [
    (track) => track.restart(),
    (track) => track.expectReplay(30),
    (track) => track.forgetPictures(),
    (track, watcher) => track.remove(watcher),
  ];
  for (const end of ends) {
    const track = new RenditionTrack("main");
    const watcher = new RecordingWatcher();
    track.add(watcher, 0);
    track.expectReplay(12);
    track.publish(frameOf(10, true), 0);
    track.publish(frameOf(11), 0);
    end(track, watcher);
    assert.deepEqual(watcher.givenUpSeqs, [[10, 11]], String(end));
    assert.deepEqual(watcher.gops, []);
  }
});

Deno.test("a replay that is more than is kept is given up, and the rest of it handed out as it comes", () => {
  const track = new RenditionTrack("main");
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  track.expectReplay(13);
  track.publish(frameOf(10, true), 0);
  track.publish({ ...frameOf(11), bytes: new Uint8Array(MAX_GOP_BYTES) }, 0);
  track.publish(frameOf(12), 0);
  track.publish(frameOf(13), 0);
  assert.deepEqual(watcher.givenUpSeqs, [[10, 11]]);
  assert.deepEqual(watcher.deliveredSeqs, [12, 13]);
  track.publish(frameOf(14, true), 0);
  assert.deepEqual(watcher.deliveredSeqs, [12, 13, 14]);
  assert.deepEqual(watcher.gops, []);
});

Deno.test("how the numbers go on is told of each frame, over publishers that come and go", () => {
  const track = new RenditionTrack("main");
  const publish = (seq: number, timestamp: number) =>
    track.publish(outbound(h264Frame(seq, true, { timestamp })), 0);
  assert.deepEqual([publish(5, 100), publish(6, 133), publish(9, 233)], [1, 1, 3]);
  track.restart();
  assert.deepEqual([publish(6, 133), publish(9, 233), publish(12, 333)], [0, 0, 3], "it came back");
  track.restart();
  assert.deepEqual([publish(0, 400), publish(1, 433)], [1, 1], "it counts anew");
});

Deno.test("a replay does not count into the frame rate", () => {
  const track = new RenditionTrack("main");
  track.expectReplay(299);
  for (let seq = 0; seq < 300; seq++) track.publish(frameOf(seq, seq === 0), 10_000);
  for (let seq = 300; seq < 330; seq++) track.publish(frameOf(seq), 10_000 + (seq - 300) * 33);
  const fps = track.info(11_000)?.fps ?? 0;
  assert.ok(fps > 28 && fps < 33, String(fps));
});

Deno.test("who leaves gets nothing more", () => {
  const track = new RenditionTrack("main");
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  assert.equal(track.isWatched, true);
  track.remove(watcher);
  track.publish(frameOf(1, true), 0);
  assert.deepEqual(watcher.delivered, []);
  assert.equal(track.isWatched, false);
});

Deno.test("a restart forgets frames, rate and replay, and says so to the watchers", () => {
  const track = new RenditionTrack("main");
  const watcher = new RecordingWatcher();
  track.add(watcher, 0);
  track.publish(frameOf(1, true), 0);
  track.expectReplay(100);
  track.restart();
  assert.equal(watcher.restarts, 1);
  assert.equal(track.hasFrames, false);
  assert.equal(track.lastMs, undefined);
  assert.equal(track.info(1_000), undefined);
  track.publish(frameOf(5, true), 2_000);
  assert.equal(track.info(2_000)?.fps, 0, "measured anew");
  assert.deepEqual(watcher.deliveredSeqs, [1, 5]);
});

Deno.test("forgotten pictures are shown to nobody, and when they came is still known", () => {
  const track = new RenditionTrack("main");
  track.publish(frameOf(1, true), 7);
  track.forgetPictures();
  const watcher = new RecordingWatcher();
  track.add(watcher, 8);
  assert.deepEqual(watcher.gops, []);
  assert.equal(track.hasFrames, false);
  assert.equal(track.lastMs, 7);
});

Deno.test("info tells what the newest frame is", () => {
  const track = new RenditionTrack("low");
  track.publish(outbound(h264Frame(1, true, { width: 640, height: 360 })), 0);
  assert.deepEqual(track.info(0), {
    name: "low",
    codec: "avc1.42c00a",
    width: 640,
    height: 360,
    fps: 0,
    kbps: 0,
  });
});
