import { LIVE_CONTENT_TYPE, MessageEncoder } from "@porthole/protocol";
import assert from "node:assert/strict";
import { usageOf } from "../bench/process_usage.ts";
import { maskedFrame } from "../bench/raw_viewer_messages.ts";
import { seededRandom } from "../bench/seeded_random.ts";
import { SimulatedCamera } from "../camera/simulated_camera.ts";
import { encode, jpegFrame } from "../../ingest/testing/frames.ts";
import { eventually } from "../testing/browser.ts";
import { LiveViewer } from "../testing/live_viewer.ts";
import { openDescriptors } from "../testing/process_table.ts";
import { RawConnection } from "../testing/raw_connection.ts";
import { startIngest, startProducer } from "../testing/services.ts";
import { metricsOf } from "../testing/stream_description.ts";

const SIZE = { widthPx: 640, heightPx: 360, fps: 15, gopFrames: 15, bitrateKbps: 2_000 };
const STARTS_WITHIN_MS = 20_000;
/** As slow as it gets without being taken for gone. */
const TRICKLE_MS = 1_000;
const TRICKLED_BYTES = 60;
/** Of whoever says nothing that can be understood; trickles have time to say it. */
const ENDED_WITHIN_MS = 25_000;
const GARBAGE_ENDED_WITHIN_MS = 20_000;
const MAX_GAP_MS = 6_000;
const MAX_GROWTH_BYTES = 24 * 1024 * 1024;
const TEXT = 1;
const BINARY = 2;

const clock = maskedFrame(BINARY, new MessageEncoder().encode({ type: "clock", t0: 1 }));
const random = seededRandom(1);
const NOISE = Uint8Array.from({ length: 64 * 1024 }, () => 256 * random());
/** What is said on a WebSocket that was let in. */
const GARBAGE: readonly (readonly [name: string, said: Uint8Array])[] = [
  ["noise", NOISE],
  ["text", maskedFrame(TEXT, new TextEncoder().encode("hello?"))],
  ["what is no MessagePack", maskedFrame(BINARY, new Uint8Array([0xc1, 0xc1]))],
  ["what is no control message", maskedFrame(BINARY, encode({ type: "ack", seq: -1 }))],
  ["a frame of 2^62 bytes", new Uint8Array([0x82, 0xff, 0x40, ...new Uint8Array(11)])],
  ["a frame without a mask", new Uint8Array([0x82, 0x01, 0x00])],
  ["a flood", new Uint8Array(Array.from({ length: 5_000 }, () => [...clock]).flat())],
];

/** Whoever says that is shown the door soon. */
async function isShownTheDoor(connection: RawConnection, said: Uint8Array): Promise<void> {
  const ended = connection.untilEnd();
  // It may be over before all was said.
  const sending = connection.send(said).catch((error) => assert.ok(error instanceof Error));
  const lastedMs = await within(GARBAGE_ENDED_WITHIN_MS, ended);
  connection[Symbol.dispose]();
  await sending;
  assert.ok(lastedMs < GARBAGE_ENDED_WITHIN_MS);
}

/** @throws {Error} when it takes longer */
async function within<T>(limitMs: number, event: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not within ${limitMs} ms`)), limitMs);
  try {
    return await Promise.race([event, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function* bytesOf(text: string | Uint8Array): Generator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (const byte of bytes) yield Uint8Array.of(byte);
}

/** One byte a chunk. */
function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (const byte of bytesOf(bytes)) {
    const line = new TextEncoder().encode("1\r\n");
    yield Uint8Array.from([...line, ...byte, 13, 10]);
  }
}

Deno.test("clients that trickle, babble or never read harm nobody and leave nothing", async (t) => {
  await using camera = await SimulatedCamera.start(SIZE);
  await using ingest = await startIngest();
  await using _producer = await startProducer({ cameraUrl: camera.url, ingestUrl: ingest.url });
  await using viewer = LiveViewer.watch(ingest.url);
  await eventually("frames come", STARTS_WITHIN_MS, () => viewer.frames > 0 || "none has");
  const before = await openDescriptors(ingest.process.pid);
  const { residentBytes } = await usageOf(ingest.process.pid);
  const post = async () => {
    using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    const options = { method: "POST", body: encode(jpegFrame()), client };
    const response = await fetch(`${ingest.url}ingest/trickle`, options);
    await response.body?.cancel();
    return response.status;
  };

  const faults: Readonly<Record<string, () => Promise<void>>> = {
    "a publish of a byte a second is ended, and its stream is free again": async () => {
      using publish = await RawConnection.open(ingest.url);
      const head = [
        "POST /ingest/trickle HTTP/1.1",
        `Host: ${new URL(ingest.url).host}`,
        `Content-Type: ${LIVE_CONTENT_TYPE}`,
        "Transfer-Encoding: chunked",
      ];
      await publish.send(`${head.join("\r\n")}\r\n\r\n`);
      await eventually("it holds its stream", STARTS_WITHIN_MS, async () => {
        const status = await post();
        return status === 409 || `a frame was answered with ${status}`;
      });
      const frame = new MessageEncoder().encodePrefixed(jpegFrame({ seq: 1 }));
      const slow = chunksOf(frame.subarray(0, TRICKLED_BYTES));
      await within(ENDED_WITHIN_MS, publish.trickle(slow, TRICKLE_MS));
      assert.match(publish.answer, /^HTTP\/1\.1 200 /);
      assert.match(publish.answer, /bye/, "it was told why");
      assert.equal(await post(), 200);
    },
    "a request whose head comes a byte a second is ended": async () => {
      using request = await RawConnection.open(ingest.url);
      const head = `GET / HTTP/1.1\r\nX-Slow: ${"a".repeat(TRICKLED_BYTES)}`;
      await within(ENDED_WITHIN_MS, request.trickle(bytesOf(head), TRICKLE_MS));
    },
    "noise in the place of a request is ended": async () => {
      using request = await RawConnection.open(ingest.url);
      await isShownTheDoor(request, NOISE);
    },
    "a viewer that never reads is cut off": async () => {
      using idle = await RawConnection.upgrade(ingest.url, "default");
      await idle.send(maskedFrame(BINARY, encode({ type: "hello", codecs: ["avc1"] })));
      await eventually("it is given up", ENDED_WITHIN_MS, async () => {
        const { clients_given_up: givenUp = 0 } = await metricsOf(ingest.url);
        return givenUp === 1 || `${givenUp} are given up`;
      });
    },
    ...Object.fromEntries(GARBAGE.map(([name, said]) => [
      `a viewer that sends ${name} is shown the door`,
      async () => {
        using babbler = await RawConnection.upgrade(ingest.url, "default");
        await isShownTheDoor(babbler, said);
      },
    ])),
  };
  // All at once: none of them is to be felt by anybody.
  const outcomes = await Promise.allSettled(Object.values(faults).map((fault) => fault()));
  for (const [index, name] of Object.keys(faults).entries()) {
    await t.step(name, () => {
      const outcome = outcomes[index];
      if (outcome?.status === "rejected") throw outcome.reason;
    });
  }

  await t.step("who watches beside them noticed nothing", () => {
    assert.equal(viewer.missing, 0);
    assert.ok(viewer.longestGapMs < MAX_GAP_MS, `it waited for ${viewer.longestGapMs} ms`);
    assert.equal(viewer.told.at(-1)?.state, "live");
  });
  await t.step("nothing is left of them", async () => {
    await eventually("its descriptors are those of before", STARTS_WITHIN_MS, async () => {
      const now = await openDescriptors(ingest.process.pid);
      return now <= before || `${now} are open, ${before} were before`;
    });
    const { clients_connected: clients } = await metricsOf(ingest.url);
    assert.equal(clients, 1);
    const grownBytes = (await usageOf(ingest.process.pid)).residentBytes - residentBytes;
    assert.ok(grownBytes < MAX_GROWTH_BYTES, `it grew by ${grownBytes} bytes`);
  });
});
