import assert from "node:assert/strict";
import { Metrics } from "../metrics.ts";
import { eventually } from "../testing/eventually.ts";
import { h264Frame, jpegFrame, outbound } from "../testing/frames.ts";
import { FrameRelay } from "./frame_relay.ts";
import type { MeshMessage } from "./mesh_message.ts";
import { meshPlaces, Peers } from "./peers.ts";

/** One worker's relay and the other worker's ears. */
class RelayToOne implements Disposable {
  readonly metrics = new Metrics();
  readonly relay: FrameRelay;
  readonly heard: MeshMessage[] = [];
  readonly #here: Peers;
  readonly #there: Peers;

  constructor() {
    const [here = { index: 0, peers: [] }, there = { index: 1, peers: [] }] = meshPlaces(2);
    this.#here = new Peers(here);
    this.#there = new Peers(there);
    this.#here.listen(() => {});
    this.relay = new FrameRelay("cam", this.#here, this.metrics);
  }

  get bytesOnTheWay(): number {
    return this.#here.links[0]?.backlog(0).bytes ?? NaN;
  }

  /** From now on what comes is taken in; what came before too. */
  wakeUp(): void {
    this.#there.listen((message) => this.heard.push(message));
  }

  [Symbol.dispose](): void {
    this.#here[Symbol.dispose]();
    this.#there[Symbol.dispose]();
  }
}

const handedOver = ({ heard }: RelayToOne) => heard.length;

Deno.test("a worker that takes frames in is handed over each, as it is, and nothing stays on the way", async () => {
  using pair = new RelayToOne();
  pair.wakeUp();
  const frames = [1, 2, 3].map((seq) => outbound(h264Frame(seq, seq === 1)));
  for (const frame of frames) pair.relay.handOver("frame", frame, 0);
  await eventually("three frames", () => handedOver(pair) === 3);
  const bytes = pair.heard.map((message) =>
    "framed" in message ? new Uint8Array(message.framed) : undefined
  );
  assert.deepEqual(bytes, frames.map(({ framed }) => new Uint8Array(framed)));
  await eventually("all is confirmed", () => pair.bytesOnTheWay === 0);
});

Deno.test("a worker that is behind loses up to the next keyframe it has time for, and they are counted", async () => {
  using pair = new RelayToOne();
  const send = (seq: number, key: boolean, nowMs: number) =>
    pair.relay.handOver("frame", outbound(h264Frame(seq, key)), nowMs);
  send(1, true, 1_000);
  send(2, false, 1_500);
  send(3, false, 1_501);
  send(4, true, 1_534);
  assert.equal(pair.metrics.workerFramesDiscarded, 2);
  pair.wakeUp();
  await eventually("what was on the way is taken in", () => pair.bytesOnTheWay === 0);
  send(5, false, 1_567);
  send(6, true, 1_600);
  send(7, false, 1_633);
  await eventually("the next GOP", () => handedOver(pair) === 4);
  assert.equal(pair.metrics.workerFramesDiscarded, 3);
});

Deno.test("each rendition has its own keyframes; JPEGs need none", async () => {
  using pair = new RelayToOne();
  pair.wakeUp();
  pair.relay.handOver("frame", outbound(h264Frame(1, true)), 0);
  pair.relay.handOver("frame", outbound(h264Frame(1, false, { rendition: "low" })), 0);
  pair.relay.handOver("post", outbound(jpegFrame()), 0);
  pair.relay.handOver("frame", outbound(h264Frame(2, false)), 0);
  await eventually("all but the delta frame without a keyframe", () => handedOver(pair) === 3);
  assert.deepEqual(pair.heard.map(({ type }) => type), ["frame", "post", "frame"]);
});
