import assert from "node:assert/strict";
import { PacketQueue } from "./packet_queue.ts";

/** A peer that takes at most `maxWriteBytes` at a time, and nothing while it is blocked. */
class FakePeer {
  readonly received: number[] = [];
  #gate = Promise.resolve();
  #open = () => {};
  constructor(readonly maxWriteBytes = Infinity) {}

  block(): void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate.promise;
    this.#open = gate.resolve;
  }

  unblock(): void {
    this.#open();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate;
    const taken = bytes.subarray(0, this.maxWriteBytes);
    this.received.push(...taken);
    return taken.length;
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const noFailure = () => assert.fail("the peer was given up");

Deno.test("packets are written in order, in pieces if need be", async () => {
  const peer = new FakePeer(2);
  const queue = new PacketQueue(peer, 1000, noFailure);
  queue.push(Uint8Array.of(1, 2, 3));
  queue.push(Uint8Array.of(4));
  queue.push(Uint8Array.of(5, 6));
  await settled();
  queue.push(Uint8Array.of(7));
  await settled();
  assert.deepEqual(peer.received, [1, 2, 3, 4, 5, 6, 7]);
});

Deno.test("a peer that keeps up is never too slow, however much it gets", async () => {
  const peer = new FakePeer();
  const queue = new PacketQueue(peer, 100, noFailure);
  for (let round = 0; round < 10; round++) {
    queue.push(new Uint8Array(60));
    await settled();
  }
  assert.equal(peer.received.length, 600);
});

Deno.test("a peer over the limit is given up once, and nothing more is written", async () => {
  const peer = new FakePeer();
  peer.block();
  const reasons: string[] = [];
  const queue = new PacketQueue(peer, 100, (reason) => reasons.push(reason));
  queue.push(new Uint8Array(60));
  queue.push(new Uint8Array(40));
  assert.deepEqual(reasons, []);
  queue.push(new Uint8Array(1));
  queue.push(new Uint8Array(1));
  assert.deepEqual(reasons, ["too slow"]);
  peer.unblock();
  await settled();
  assert.equal(peer.received.length, 60, "only what was being written");
});

Deno.test("a write that fails is told, with its cause", async () => {
  const broken = new Error("broken pipe");
  const failures: [string, unknown][] = [];
  const queue = new PacketQueue(
    { write: () => Promise.reject(broken) },
    100,
    (reason, cause) => failures.push([reason, cause]),
  );
  queue.push(Uint8Array.of(1));
  await settled();
  assert.deepEqual(failures, [["gone", broken]]);
});
