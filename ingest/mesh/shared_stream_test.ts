import { type CameraStatus, epochNowMs, ProtocolError } from "@porthole/protocol";
import assert from "node:assert/strict";
import { ClockShift } from "../testing/clock_shift.ts";
import { RecordingObserver, RecordingWatcher } from "../testing/doubles.ts";
import { eventually } from "../testing/eventually.ts";
import { h264Frame, jpegFrame, outbound } from "../testing/frames.ts";
import { type MeshWorker, MeshWorkers } from "../testing/mesh_workers.ts";

const isLive = (worker: MeshWorker) => worker.hub().state(epochNowMs()).state === "live";
const knowsPublisher = (worker: MeshWorker) => worker.hub().isPublished(epochNowMs());

function send(worker: MeshWorker, seq: number, key: boolean): void {
  worker.target().publish(outbound(h264Frame(seq, key)), epochNowMs());
}

Deno.test("frames published on one worker reach who watches on any, as the same bytes", async () => {
  using mesh = new MeshWorkers(3);
  const watchers = [0, 1, 2].map((index) => mesh.worker(index).watch());
  mesh.worker(1).publish();
  const frames = [1, 2, 3].map((seq) => outbound(h264Frame(seq, seq === 1)));
  for (const frame of frames) mesh.worker(1).target().publish(frame, epochNowMs());
  for (const watcher of watchers) {
    await eventually("three frames", () => watcher.delivered.length === 3);
    assert.deepEqual(
      watcher.delivered.map(({ framed }) => [...framed]),
      frames.map(({ framed }) => [...framed]),
    );
    watcher[Symbol.dispose]();
  }
  assert.equal(watchers[1]?.delivered[0], frames[0], "here it is not copied");
});

Deno.test("who joins on another worker gets the current GOP at once", async () => {
  using mesh = new MeshWorkers(2);
  mesh.worker(0).publish();
  for (const seq of [1, 2, 3]) send(mesh.worker(0), seq, seq === 1);
  await eventually(
    "the frames",
    () => newestSeq(mesh.worker(1)) === 3,
  );
  using watcher = mesh.worker(1).watch();
  assert.deepEqual(watcher.gopSeqs, [[1, 2, 3]]);
});

Deno.test("what a producer says of its camera, its clock and a replay is known everywhere", async () => {
  using mesh = new MeshWorkers(2);
  const [here, there] = [mesh.worker(0), mesh.worker(1)];
  const publisher = here.publish(["jpeg"]);
  using watcher = there.watch();
  publisher.camera = { type: "status", state: "failed", cause: "wrong password" };
  publisher.clockOffsetMs = 70;
  here.target().publisherChanged(epochNowMs());
  await eventually("the cause", () => there.hub().state(epochNowMs()).cause === "wrong password");
  assert.equal(there.hub().info(epochNowMs()).clockOffsetMs, 70);
  assert.deepEqual([...there.hub().offered], ["jpeg"]);
  const observer = new RecordingObserver();
  using _observing = there.hub().observe(observer);
  publisher.clockOffsetMs = 90;
  here.target().tick(epochNowMs());
  await eventually("the clock", () => there.hub().info(epochNowMs()).clockOffsetMs === 90);
  assert.equal(observer.choices, 0, "a clock alone lets nobody choose anew");
  here.target().expectReplay("main", 3);
  for (const seq of [1, 2, 3]) send(here, seq, seq === 1);
  await eventually("the replay", () => watcher.gops.length === 1);
  assert.deepEqual([watcher.gopSeqs, watcher.delivered], [[[1, 2, 3]], []]);
});

Deno.test("what a camera is called, and that it sleeps, is known everywhere, and when that changes", async () => {
  using mesh = new MeshWorkers(2);
  const [here, there] = [mesh.worker(0), mesh.worker(1)];
  const publisher = here.publish(["main"]);
  const observer = new RecordingObserver();
  using _observing = there.hub().observe(observer);
  const told = async (name: string, camera: CameraStatus) => {
    Object.assign(publisher, { name, camera });
    here.target().publisherChanged(epochNowMs());
    await here.hearsAll();
    const { info, ...state } = observer.messages.at(-1) ?? assert.fail("nothing was told");
    assert.deepEqual(there.hub().info(epochNowMs()).name, name);
    assert.equal(info.name, name);
    return [state.state, state.cause, state.standby];
  };
  const sleeping: CameraStatus = {
    ...{ type: "status", state: "connecting", cause: "it sleeps", standby: true },
  };
  const failed: CameraStatus = { type: "status", state: "failed", cause: "it sleeps" };
  assert.deepEqual(await told("Garden", sleeping), ["stale", "it sleeps", true]);
  assert.deepEqual(await told("Shed", sleeping), ["stale", "it sleeps", true]);
  assert.deepEqual(await told("Shed", failed), ["offline", "it sleeps", undefined]);
  assert.deepEqual(await told("Shed", sleeping), ["stale", "it sleeps", true]);
  const { choices } = observer;
  const { standby: _closed, ...opened } = sleeping;
  assert.deepEqual(await told("Shed", opened), ["offline", "it sleeps", undefined]);
  assert.ok(observer.choices > choices, "what opens no camera any more is chosen anew");
  here.target().detach(publisher, epochNowMs());
  await here.hearsAll();
  const gone = there.hub().message(epochNowMs());
  assert.deepEqual([gone.standby, gone.info.name], [undefined, "Shed"]);
});

Deno.test("what is watched on another worker is demanded here, and ten seconds longer", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(3);
  const workers = [0, 1, 2].map((index) => mesh.worker(index));
  const publisher = mesh.worker(0).publish(["jpeg", "low"]);
  const demanded = async () => {
    for (const worker of workers) worker.hub().tick(epochNowMs());
    await mesh.worker(0).hearsAll();
    return publisher.demands.map((renditions) => renditions.join());
  };
  const [low, jpeg] = [mesh.worker(1).watch("low"), mesh.worker(2).watch("jpeg")];
  await mesh.worker(0).hearsAll();
  assert.deepEqual(await demanded(), ["low", "jpeg,low"]);
  using _low = mesh.worker(2).watch("low");
  low[Symbol.dispose]();
  jpeg[Symbol.dispose]();
  clock.advance(9_000);
  assert.deepEqual(await demanded(), ["low", "jpeg,low"], "it lingers");
  clock.advance(1_001);
  assert.deepEqual(await demanded(), ["low", "jpeg,low", "low"]);
});

Deno.test("low is made for who joins a long GOP on another worker, and shown there", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(3);
  const [here, there, elsewhere] = [mesh.worker(0), mesh.worker(1), mesh.worker(2)];
  const publisher = here.publish(["jpeg", "low"]);
  using _jpeg = elsewhere.watch("jpeg");
  const watcher = there.watch();
  for (let seq = 0; seq < 100; seq++) send(here, seq, seq === 0);
  await here.hearsAll();
  there.hub().tick(epochNowMs());
  await here.hearsAll();
  assert.deepEqual(publisher.demands, [["jpeg"], ["jpeg", "low"]]);
  publishRendition(here, "low");
  await here.hearsAll();
  for (const worker of [here, there, elsewhere]) {
    assert.equal(worker.hub().previewOf("main"), "low");
  }
  watcher[Symbol.dispose]();
  clock.advance(10_001);
  for (const worker of [here, there, elsewhere]) worker.hub().tick(epochNowMs());
  await here.hearsAll();
  assert.deepEqual(publisher.demands.at(-1), ["jpeg"]);
});

Deno.test("a publisher is asked for what somebody on another worker waits for already", async () => {
  using mesh = new MeshWorkers(2);
  using _watcher = mesh.worker(1).watch("jpeg");
  const publisher = mesh.worker(0).publish();
  publisher.offers = ["jpeg"];
  mesh.worker(0).target().publisherChanged(epochNowMs());
  await eventually("the demand", () => publisher.demands.at(-1)?.join() === "jpeg");
});

Deno.test("a publish that ends takes the demand from elsewhere with it; the next is asked anew", async () => {
  using mesh = new MeshWorkers(2);
  const first = mesh.worker(0).publish(["jpeg", "low"]);
  const watcher = mesh.worker(1).watch("jpeg");
  await eventually("the demand", () => first.demands.length === 1);
  mesh.worker(0).target().detach(first, epochNowMs());
  await eventually("it is known to be gone", () => !knowsPublisher(mesh.worker(1)));
  watcher[Symbol.dispose]();
  using _low = mesh.worker(1).watch("low");
  const second = mesh.worker(1).publish(["jpeg", "low"]);
  assert.deepEqual(second.demands, [["jpeg", "low"]], "jpeg lingers where it was watched");
  await eventually("it is known", () => knowsPublisher(mesh.worker(0)));
  assert.equal(first.demands.length, 1);
});

Deno.test("the next publisher here is not asked for what was wanted elsewhere of the one before", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(2);
  const first = mesh.worker(0).publish(["jpeg", "low"]);
  await mesh.worker(0).hearsAll();
  const jpeg = mesh.worker(1).watch("jpeg");
  await mesh.worker(0).hearsAll();
  assert.deepEqual(first.demands, [["jpeg"]]);
  const low = mesh.worker(1).watch("low");
  jpeg[Symbol.dispose]();
  low[Symbol.dispose]();
  clock.advance(10_001);
  // What was told of "low" is still on its way.
  mesh.worker(0).target().detach(first, epochNowMs());
  const second = mesh.worker(0).publish(["jpeg", "low"]);
  await mesh.worker(0).hearsAll();
  assert.deepEqual(second.demands, []);
});

Deno.test("a stream that is published on one worker is taken on all, and stale when it ends", async () => {
  using mesh = new MeshWorkers(3);
  const publisher = mesh.worker(2).publish();
  send(mesh.worker(2), 1, true);
  for (const index of [0, 1]) {
    await eventually("it is live", () => isLive(mesh.worker(index)));
    assert.ok(mesh.worker(index).target().isPublished(epochNowMs()));
  }
  using clock = new ClockShift();
  mesh.worker(2).target().detach(publisher, epochNowMs());
  for (const index of [0, 1]) {
    await eventually("it is free", () => !mesh.worker(index).target().isPublished(epochNowMs()));
  }
  clock.advance(3_001);
  const states = [0, 1, 2].map((index) => mesh.worker(index).hub().state(epochNowMs()));
  assert.deepEqual(states, Array(3).fill({ state: "stale", cause: "the publisher is gone" }));
});

Deno.test("of two that begin at the same instant the one on the lower worker stays, everywhere", async () => {
  using mesh = new MeshWorkers(3);
  const [loser, winner] = [mesh.worker(2).publish(), mesh.worker(1).publish()];
  send(mesh.worker(2), 100, true);
  await eventually("the other is told", () => loser.closedWith === "replaced");
  send(mesh.worker(1), 1, true);
  await mesh.worker(1).hearsAll();
  send(mesh.worker(2), 101, false);
  mesh.worker(2).target().detach(loser, epochNowMs());
  await mesh.worker(2).hearsAll();
  for (const index of [0, 1, 2]) {
    assert.equal(newestSeq(mesh.worker(index)), 1);
    assert.ok(mesh.worker(index).target().isPublished(epochNowMs()));
  }
  assert.equal(winner.closedWith, undefined);
});

Deno.test("a gone publisher's stream can be had on another worker; it is told, if it ever listens", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(3);
  const gone = mesh.worker(0).publish();
  send(mesh.worker(0), 1, true);
  await eventually("it is live", () => isLive(mesh.worker(2)));
  clock.advance(6_001);
  gone.isSilent = true;
  assert.equal(mesh.worker(2).target().isPublished(epochNowMs()), false);
  using watcher = mesh.worker(1).watch();
  mesh.worker(2).publish();
  send(mesh.worker(2), 50, true);
  await eventually("it is told", () => gone.closedWith === "replaced");
  await eventually("the new one's frame", () => watcher.deliveredSeqs.includes(50));
  assert.equal(watcher.restarts, 1);
  mesh.worker(0).target().detach(gone, epochNowMs());
  send(mesh.worker(2), 51, false);
  await eventually("the next frame", () => watcher.deliveredSeqs.includes(51));
});

Deno.test("a producer that is heard is not gone elsewhere, be it by its clock or by frames", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(2);
  mesh.worker(0).publish();
  for (let heard = 0; heard < 6; heard++) {
    if (heard < 3) mesh.worker(0).target().tick(epochNowMs());
    else send(mesh.worker(0), heard, true);
    await mesh.worker(0).hearsAll();
    clock.advance(5_000);
    assert.ok(knowsPublisher(mesh.worker(1)));
  }
  clock.advance(1_001);
  assert.ok(!knowsPublisher(mesh.worker(1)));
});

Deno.test("single posts hold a stream everywhere, and take the place of a gone publisher", async () => {
  using clock = new ClockShift();
  using mesh = new MeshWorkers(3);
  const gone = mesh.worker(0).publish();
  await mesh.worker(0).hearsAll();
  clock.advance(6_001);
  gone.isSilent = true;
  using watcher = mesh.worker(2).watch("jpeg");
  mesh.worker(1).target().post(outbound(jpegFrame({ seq: 7 })), epochNowMs());
  await mesh.worker(1).hearsAll();
  assert.equal(gone.closedWith, "replaced");
  assert.deepEqual(watcher.deliveredSeqs, [7]);
  for (const index of [0, 1, 2]) assert.ok(mesh.worker(index).target().isPosted(epochNowMs()));
  mesh.worker(0).target().detach(gone, epochNowMs());
  mesh.worker(2).target().post(outbound(jpegFrame({ seq: 8 })), epochNowMs());
  assert.deepEqual(watcher.deliveredSeqs, [7, 8]);
});

Deno.test("a post that crosses the beginning of a live publish changes nothing there", async () => {
  using mesh = new MeshWorkers(2);
  const publisher = mesh.worker(0).publish();
  mesh.worker(1).target().post(outbound(jpegFrame({ seq: 7 })), epochNowMs());
  await mesh.worker(0).hearsAll();
  assert.equal(publisher.closedWith, undefined);
  for (const index of [0, 1]) assert.ok(knowsPublisher(mesh.worker(index)));
  assert.equal(mesh.worker(0).hub().newestMs("jpeg"), undefined);
});

Deno.test("what a producer does wrong is its own worker's to say, and harms no other", async () => {
  using mesh = new MeshWorkers(2);
  mesh.worker(0).publish();
  for (let index = 0; index < 8; index++) publishRendition(mesh.worker(0), `r${index}`);
  assert.throws(() => publishRendition(mesh.worker(0), "one-more"), ProtocolError);
  assert.throws(() => mesh.worker(0).target().expectReplay("one-more", 7), ProtocolError);
  publishRendition(mesh.worker(0), "r0");
  await mesh.worker(0).hearsAll();
  assert.deepEqual(mesh.worker(1).hub().running.size, 8);
});

function newestSeq(worker: MeshWorker): number | undefined {
  using watching = worker.hub().watch("main", new RecordingWatcher(), epochNowMs());
  return watching.gop().at(-1)?.frame.seq;
}

function publishRendition(worker: MeshWorker, rendition: string): void {
  worker.target().publish(outbound(h264Frame(1, true, { rendition })), epochNowMs());
}
