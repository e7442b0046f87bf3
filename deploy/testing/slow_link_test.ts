import assert from "node:assert/strict";
import { eventually } from "./browser.ts";
import { SlowLink, TokenBucket } from "./slow_link.ts";

const KIB = 1024;
/** As much as a slow link's kernel buffers may hide, and more: 4 MiB to send, some to receive. */
const MAX_HIDDEN_BYTES = 12 * KIB * KIB;
const FLOOD_BYTES = 3 * MAX_HIDDEN_BYTES;

/** A viewer's connection through a link and the server's end of it. */
class Ends implements AsyncDisposable {
  private constructor(
    readonly link: SlowLink,
    readonly viewer: Deno.TcpConn,
    readonly server: Deno.TcpConn,
  ) {}

  static async open(options: { kbps?: number; delayMs?: number } = {}): Promise<Ends> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const link = SlowLink.start({ toPort: listener.addr.port, ...options });
    const [viewer, server] = await Promise.all([connectTo(link), listener.accept()]);
    return new Ends(link, viewer, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link[Symbol.asyncDispose]();
    this.viewer.close();
    this.server.close();
  }
}

function connectTo(link: SlowLink): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(link.url).port) });
}

/** Each place says which it is, over longer than a chunk. */
function numbered(lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, (_, index) => (index ^ (index >> 8)) & 0xff);
}

/** Writes until all is taken or the connection ends; `takenBytes` tells how far it is. */
function flood(conn: Deno.TcpConn, bytes: Uint8Array) {
  const progress = { takenBytes: 0 };
  const write = async () => {
    while (progress.takenBytes < bytes.byteLength) {
      progress.takenBytes += await conn.write(bytes.subarray(progress.takenBytes));
    }
  };
  return { progress, done: write() };
}

async function readExactly(conn: Deno.TcpConn, lengthBytes: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(lengthBytes);
  for (let filled = 0; filled < lengthBytes;) {
    const readBytes = await conn.read(bytes.subarray(filled));
    assert.notEqual(readBytes, null, `ended after ${filled} of ${lengthBytes} bytes`);
    filled += readBytes ?? 0;
  }
  return bytes;
}

/** Whether the other side has ended the connection, by closing or by resetting it. */
async function hasEnded(conn: Deno.TcpConn): Promise<boolean> {
  try {
    return await conn.read(new Uint8Array(1)) === null;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionReset) return true;
    throw error;
  }
}

/** Resolves once `count` has been the same for a while. */
async function settled(count: () => number): Promise<number> {
  let last = count();
  let timesSeen = 0;
  await eventually("nothing moves any more", 20_000, () => {
    timesSeen = count() === last ? timesSeen + 1 : 0;
    last = count();
    return timesSeen === 6 || `it is at ${last}`;
  });
  return last;
}

for (
  const [name, options] of [
    ["as fast as it can", {}],
    ["at a rate", { kbps: 20_000 }],
    ["with a delay", { delayMs: 20 }],
    ["at a rate and with a delay", { kbps: 20_000, delayMs: 20 }],
  ] as const
) {
  Deno.test(`${name}: all bytes pass both ways, whole and in order`, async () => {
    await using ends = await Ends.open(options);
    const sent = numbered(600 * KIB + 7);
    const down = flood(ends.server, sent);
    assert.deepEqual(await readExactly(ends.viewer, sent.byteLength), sent);
    await down.done;
    const up = flood(ends.viewer, sent);
    assert.deepEqual(await readExactly(ends.server, sent.byteLength), sent);
    await up.done;
    assert.equal(ends.link.forwardedBytes, sent.byteLength);
  });
}

Deno.test("a stopped link lets nothing to the viewer, and what the viewer sends through", async () => {
  await using ends = await Ends.open({ kbps: 0 });
  await ends.server.write(numbered(100));
  await ends.viewer.write(numbered(300));
  assert.deepEqual(await readExactly(ends.server, 300), numbered(300));
  let arrivedBytes = 0;
  const arriving = readExactly(ends.viewer, 100).then((bytes) => {
    arrivedBytes = bytes.byteLength;
    return bytes;
  });
  assert.equal(await settled(() => arrivedBytes), 0);
  ends.link.setRate(undefined);
  assert.deepEqual(await arriving, numbered(100));
});

Deno.test("a stopped link presses back on a sender that was fast before", async () => {
  await using ends = await Ends.open();
  const before = numbered(8 * KIB * KIB);
  const first = flood(ends.server, before);
  assert.deepEqual(await readExactly(ends.viewer, before.byteLength), before);
  await first.done;

  ends.link.setRate(0);
  const sent = numbered(FLOOD_BYTES);
  const { progress, done } = flood(ends.server, sent);
  const takenBytes = await settled(() => progress.takenBytes);
  assert.ok(takenBytes < MAX_HIDDEN_BYTES, `${takenBytes} bytes were taken`);

  ends.link.setRate(undefined);
  assert.deepEqual(await readExactly(ends.viewer, FLOOD_BYTES), sent);
  await done;
});

Deno.test("what is on its way through a delay is bounded", async () => {
  await using ends = await Ends.open({ delayMs: 600_000 });
  const { done } = flood(ends.server, numbered(2 * KIB * KIB));
  const onItsWayBytes = await settled(() => ends.link.forwardedBytes);
  assert.ok(onItsWayBytes > 0 && onItsWayBytes < 300 * KIB, `${onItsWayBytes} bytes are`);
  await ends.link[Symbol.asyncDispose]();
  await done.catch((error) =>
    assert.ok(
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe,
    )
  );
});

Deno.test("a new rate holds for who already waits", async () => {
  await using ends = await Ends.open({ kbps: 0.001 }); // a KiB in more than two hours
  await ends.server.write(numbered(KIB));
  ends.link.setRate(10_000);
  assert.deepEqual(await readExactly(ends.viewer, KIB), numbered(KIB));
});

Deno.test("a viewer that leaves is gone for the server, though the link is stopped", async () => {
  await using ends = await Ends.open({ kbps: 0 });
  await ends.server.write(numbered(100));
  await ends.viewer.closeWrite();
  assert.ok(await hasEnded(ends.server));
});

Deno.test("a stranded connection is there and nothing passes; one that is made later is well", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using link = SlowLink.start({ toPort: listener.addr.port });
  const [oldViewer, oldServer] = await Promise.all([connectTo(link), listener.accept()]);
  using _old = oldViewer;
  using _oldServer = oldServer;
  // Something has gone through: the relay is there.
  await oldServer.write(numbered(1));
  await readExactly(oldViewer, 1);
  link.strand();
  await Promise.all([oldServer.write(numbered(KIB)), oldViewer.write(numbered(KIB))]);
  const [viewer, server] = await Promise.all([connectTo(link), listener.accept()]);
  using _viewer = viewer;
  using _server = server;
  await Promise.all([server.write(numbered(KIB)), viewer.write(numbered(KIB))]);
  assert.deepEqual(await readExactly(viewer, KIB), numbered(KIB));
  assert.deepEqual(await readExactly(server, KIB), numbered(KIB));
  assert.equal(link.forwardedBytes, 1 + KIB, "of what was stranded nothing");
});

Deno.test("a server that ends the connection ends it once everything is through", async () => {
  await using ends = await Ends.open({ kbps: 8_000, delayMs: 5 });
  const sent = numbered(50 * KIB);
  const { done } = flood(ends.server, sent);
  await done;
  await ends.server.closeWrite();
  assert.deepEqual(await readExactly(ends.viewer, sent.byteLength), sent);
  assert.ok(await hasEnded(ends.viewer));
});

Deno.test("where no server listens, the viewer's connection is closed", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const toPort = listener.addr.port;
  listener.close();
  await using link = SlowLink.start({ toPort });
  using viewer = await connectTo(link);
  assert.ok(await hasEnded(viewer));
});

Deno.test("disposing closes both sides and the port, while something waits; twice is fine", async () => {
  await using ends = await Ends.open({ kbps: 1, delayMs: 5 });
  await ends.server.write(numbered(50 * KIB));
  await ends.link[Symbol.asyncDispose]();
  await ends.link[Symbol.asyncDispose]();
  assert.ok(await hasEnded(ends.server));
  await readToEnd(ends.viewer);
  await assert.rejects(connectTo(ends.link), Deno.errors.ConnectionRefused);
});

async function readToEnd(conn: Deno.TcpConn): Promise<void> {
  while (!await hasEnded(conn));
}

Deno.test("the bucket holds a burst at most, and what is spent comes back at the rate", () => {
  const bucket = new TokenBucket(8000, 80); // 10 bytes a ms
  assert.equal(bucket.waitMs(1000, 0), 100);
  assert.equal(bucket.waitMs(1000, 60), 40);
  assert.equal(bucket.waitMs(1000, 100), 0);
  bucket.spend(1000);
  assert.equal(bucket.waitMs(1000, 100), 100);
  assert.equal(bucket.waitMs(8000, 1_000_000), 0);
  bucket.spend(8000);
  assert.equal(bucket.waitMs(1, 1_000_000), 0.1);
  assert.throws(() => bucket.waitMs(8001, 0), RangeError);
});

Deno.test("the bucket goes on from what it holds when its rate changes", () => {
  const bucket = new TokenBucket(8000, 80);
  assert.equal(bucket.waitMs(2000, 0), 200);
  bucket.setRate(8, 100); // 1000 bytes are in it
  assert.equal(bucket.waitMs(2000, 100), 1000);
  bucket.setRate(0, 1100);
  assert.equal(bucket.waitMs(1, 9_999_999), Infinity);
  bucket.setRate(undefined, 9_999_999);
  assert.equal(bucket.waitMs(8000, 9_999_999), 0);
  bucket.spend(8000);
  bucket.setRate(80, 10_000_000);
  assert.equal(bucket.waitMs(2000, 10_000_000), 0);
});
