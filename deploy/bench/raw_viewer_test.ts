import { epochNowMs, MessageEncoder } from "@porthole/protocol";
import assert from "node:assert/strict";
import { eventually } from "../../ingest/testing/eventually.ts";
import { FIRST_SEQ } from "./load_frame.ts";
import { type LoadedServer, startPorthole } from "./load_servers.ts";
import { NaiveFrames } from "./naive_frames.mjs";
import { RawViewer, type RawViewerOptions } from "./raw_viewer.ts";

const PACE = { fps: 30, frameBytes: 1_000, maxSeconds: 60 };
const READ_BYTES = 256;
const ACK_EVERY_MS = 20;

/** Keeps what it is told of all frames. */
async function open(
  { watchUrl }: Pick<LoadedServer, "watchUrl">,
  options: Partial<RawViewerOptions> = {},
) {
  const seqs: number[] = [];
  const delaysMs: number[] = [];
  const viewer = await RawViewer.open({
    url: watchUrl,
    speaksControl: true,
    readBuffer: new Uint8Array(READ_BYTES),
    onFrame: (seq, sentMs) => {
      seqs.push(seq);
      delaysMs.push(epochNowMs() - sentMs);
    },
    ...options,
  });
  return { viewer, seqs, delaysMs };
}

/** A WebSocket server of our own, to send what ingest does not on demand. */
function serve(onOpen: (socket: WebSocket) => void) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => onOpen(socket);
    return response;
  });
  return {
    watchUrl: new URL(`http://127.0.0.1:${server.addr.port}/`),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** No more than that: a machine that stands still for a moment makes ingest discard some. */
async function assertInOrder(seqs: readonly number[], frames: number): Promise<void> {
  await eventually(`${frames} frames`, () => seqs.length >= frames);
  seqs.forEach((seq, index) => assert.ok(seq > (seqs[index - 1] ?? FIRST_SEQ - 1), String(seqs)));
}

Deno.test("real ingest: frames in order once it has said hello, and acks that are taken", async () => {
  await using server = await startPorthole(PACE);
  const { viewer, seqs, delaysMs } = await open(server);
  using _viewer = viewer;
  viewer.acknowledge();
  viewer.sayHello();
  const acknowledging = setInterval(() => viewer.acknowledge(), ACK_EVERY_MS);
  await assertInOrder(seqs, 20).finally(() => clearInterval(acknowledging));
  assert.equal(viewer.isOpen, true);
  assert.ok(delaysMs.every((delayMs) => delayMs > -1 && delayMs < 60_000), String(delaysMs));
});

Deno.test("a limited viewer reads nothing but what it is allowed", async () => {
  await using server = await startPorthole(PACE);
  const { viewer, seqs } = await open(server, { isLimited: true });
  using _viewer = viewer;
  const free = await open(server);
  using _free = free.viewer;
  viewer.sayHello();
  free.viewer.sayHello();
  viewer.allow(READ_BYTES);
  await assertInOrder(free.seqs, 3);
  assert.deepEqual(seqs, []); // a frame is four reads
  await eventually("three frames", () => {
    viewer.allow(READ_BYTES);
    return seqs.length >= 3;
  });
  await assertInOrder(seqs, 3);
});

Deno.test("a viewer goes as it is told to, and ingest sees it go", async () => {
  await using server = await startPorthole(PACE);
  const ways: readonly ((viewer: RawViewer) => void)[] = [
    (viewer) => viewer.leave(),
    (viewer) => viewer.reset(),
    (viewer) => viewer[Symbol.dispose](),
  ];
  for (const go of ways) {
    const { viewer } = await open(server);
    viewer.sayHello();
    await eventually("a viewer", async () => (await server.metrics())["clients_connected"] === 1);
    go(viewer);
    await eventually("its end", () => viewer.end !== "");
    assert.equal(viewer.isOpen, false);
    await eventually("nobody", async () => (await server.metrics())["clients_connected"] === 0);
  }
});

Deno.test("what is no WebSocket is an error with the answer", async () => {
  await using server = await startPorthole(PACE);
  const watchUrl = new URL("healthz", server.watchUrl.origin);
  await assert.rejects(open({ watchUrl }), /no upgrade but: HTTP\/1.1 200 /);
});

Deno.test("what the server says last is kept as the viewer's end", async () => {
  await using server = serve((socket) => socket.close(4001, "enough of you"));
  const { viewer } = await open(server, { speaksControl: false });
  await eventually("its end", () => viewer.end !== "");
  assert.equal(viewer.end, "the server closed with 4001 enough of you");
});

Deno.test("of a replay the last frame alone is told, even when it starts before the newest", async () => {
  const frames = new NaiveFrames(100);
  const sent = Array.from({ length: 6 }, () => frames.next());
  const replay = { type: "replay", rendition: "main", untilSeq: FIRST_SEQ + 4 };
  const messages = [...sent.slice(0, 2), new MessageEncoder().encode(replay), ...sent.slice(1)];
  await using server = serve((socket) => messages.forEach((message) => socket.send(message)));
  const { viewer, seqs } = await open(server, { speaksControl: false });
  using _viewer = viewer;
  await eventually("the last frame", () => seqs.at(-1) === FIRST_SEQ + 5);
  assert.deepEqual(seqs.map((seq) => seq - FIRST_SEQ), [0, 1, 4, 5]);
});

Deno.test("a server that is gone is no viewer's start", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const watchUrl = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  listener.close();
  await assert.rejects(open({ watchUrl }), /ECONNREFUSED/);
});
