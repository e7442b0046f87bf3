import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import assert from "node:assert/strict";
import { ClockShift } from "../testing/clock_shift.ts";
import { eventually } from "../testing/eventually.ts";
import { encode, h264Frame, jpegFrame } from "../testing/frames.ts";
import { handshake, maskedMessage, read, ServerFrames, untilReset } from "../testing/raw_viewer.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";
import { TestIngest } from "../testing/test_ingest.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { TestViewer } from "../testing/test_viewer.ts";
import { within } from "../testing/within.ts";

const HELLO = { type: "hello", codecs: ["avc1", "jpeg"] } as const;

async function post(ingest: TestIngest, path: string, body: Uint8Array<ArrayBuffer>) {
  const response = await ingest.fetch(path, { method: "POST", body });
  assert.equal(response.status, 200, await response.text());
}

Deno.test("a plain viewer gets the very bytes that were published, and nothing else", async () => {
  await using ingest = await TestIngest.start();
  await using viewer = await TestViewer.watchPlainly(ingest, "/ws");
  assert.equal(viewer.subprotocol, "");
  // An order of fields and a width of ints that ingest's own encoder would not choose.
  const { timestamp, ...rest } = jpegFrame();
  const bodies = [
    encode({ ...rest, extra: "kept", timestamp }),
    encode(jpegFrame({ seq: 2 ** 33 })),
  ];
  for (const body of bodies) await post(ingest, "/ingest", body);
  await viewer.framesReceived(2);
  assert.deepEqual(viewer.received.map(({ bytes }) => bytes), bodies);
});

Deno.test("a plain viewer of an H.264 stream gets its JPEG rendition alone", async () => {
  await using ingest = await TestIngest.start();
  await using viewer = await TestViewer.watchPlainly(ingest, "/ws/cam");
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  producer.send({ type: "hello", software: "test", renditions: ["jpeg"] });
  producer.send({ type: "status", state: "live", cause: "" });
  await producer.answer("demand");
  producer.send(h264Frame(1, true));
  producer.send(jpegFrame({ seq: 1, rendition: "jpeg" }));
  producer.send(h264Frame(2, false));
  producer.send(jpegFrame({ seq: 2, rendition: "jpeg" }));
  await viewer.framesReceived(2);
  assert.deepEqual(viewer.received.map(({ message }) => message["rendition"]), ["jpeg", "jpeg"]);
});

Deno.test("with porthole.v1 the stream is told first, then what was chosen, replay and frames", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  for (const seq of [1, 2, 3]) producer.send(h264Frame(seq, seq === 1));
  await producer.answer("ack", ({ seq }) => seq === 3);
  await using viewer = await TestViewer.watch(ingest, "/ws/cam");
  assert.equal(viewer.subprotocol, VIEWER_SUBPROTOCOL);
  await viewer.control("stream");
  viewer.send(HELLO);
  await viewer.framesReceived(3);
  producer.send(h264Frame(4, false));
  await viewer.framesReceived(4);
  const [stream, quality, replay, ...frames] = viewer.received.map(({ message }) => message);
  assert.deepEqual([stream?.["type"], stream?.["state"]], ["stream", "live"]);
  assert.deepEqual([quality?.["type"], quality?.["rendition"]], ["quality", "main"]);
  assert.deepEqual(replay, { type: "replay", rendition: "main", untilSeq: 3 });
  assert.deepEqual(frames.map((frame) => frame["seq"]), [1, 2, 3, 4]);
});

Deno.test("a viewer of many subprotocols gets ours", async () => {
  await using ingest = await TestIngest.start();
  const socket = new WebSocket(ingest.webSocketUrl("/ws"), ["chat", VIEWER_SUBPROTOCOL]);
  const closed = new Promise((resolve) => socket.addEventListener("close", resolve));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  assert.equal(socket.protocol, VIEWER_SUBPROTOCOL);
  socket.close();
  await closed;
});

Deno.test("a stream nobody knows is offline, and starts when somebody publishes it", async () => {
  await using ingest = await TestIngest.start();
  await using viewer = await TestViewer.watch(ingest, "/ws/later");
  const { state, cause } = await viewer.control("stream");
  assert.deepEqual([state, cause], ["offline", "nobody publishes this stream"]);
  viewer.send(HELLO);
  await viewer.control("quality");
  await using producer = await TestProducer.publish(ingest, "/ingest/later");
  producer.send(h264Frame(1, true));
  await viewer.framesReceived(1);
  await viewer.control("stream", (message) => message["state"] === "live");
});

Deno.test("all viewers get the same bytes, whatever each of them asked for before", async () => {
  await using ingest = await TestIngest.start();
  await using a = await TestViewer.watch(ingest, "/ws");
  await using b = await TestViewer.watch(ingest, "/ws");
  await using plain = await TestViewer.watchPlainly(ingest, "/ws");
  for (const viewer of [a, b]) {
    viewer.send({ type: "hello", codecs: ["jpeg"] });
    await viewer.control("quality");
  }
  const body = encode(jpegFrame());
  await post(ingest, "/ingest", body);
  for (const viewer of [a, b, plain]) {
    await viewer.framesReceived(1);
    assert.deepEqual(viewer.frames[0]?.bytes, body);
  }
});

Deno.test("pause, resume, select, clock and ack do what they say over a real socket", async () => {
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  producer.send({ type: "hello", software: "test", renditions: ["jpeg"] });
  producer.send(h264Frame(1, true));
  await using viewer = await TestViewer.watch(ingest, "/ws/cam");
  viewer.send(HELLO);
  await viewer.framesReceived(1);
  viewer.send({ type: "ack", seq: 1, rendition: "main" });
  viewer.send({ type: "pause" });
  viewer.send({ type: "clock", t0: 42 });
  assert.equal((await viewer.control("clock"))["t0"], 42);
  producer.send(h264Frame(2, false));
  await producer.answer("ack", ({ seq }) => seq === 2);
  assert.deepEqual(viewer.seqs, [1], "paused");
  viewer.send({ type: "resume" });
  await viewer.framesReceived(3);
  assert.deepEqual(viewer.seqs, [1, 1, 2], "the whole GOP");
  viewer.send({ type: "select", rendition: "jpeg" });
  await producer.answer("demand");
  producer.send(jpegFrame({ seq: 9, rendition: "jpeg" }));
  await viewer.framesReceived(4);
  await viewer.control("quality", ({ rendition }) => rendition === "jpeg");
  assert.equal(viewer.frames.at(-1)?.message["rendition"], "jpeg");
  viewer.send({ type: "select", rendition: "auto" });
  await viewer.control("quality", () => viewer.controls("quality").length === 3);
  assert.equal(viewer.controls("quality").at(-1)?.["rendition"], "main");
});

const OFFENCES = {
  "garbage": [new Uint8Array([0xc1]), 1008, "malformed"],
  "text": ["hello", 1008, "invalid_control"],
  "a known type with wrong fields": [encode({ type: "ack", seq: "1" }), 1008, "invalid_control"],
  "4097 bytes": [new Uint8Array(4097), 1009, "too_large"],
} as const;
for (const [name, [data, closeCode, code]] of Object.entries(OFFENCES)) {
  Deno.test(`${name} from a viewer: bye ${code}, close ${closeCode}, others unharmed`, async () => {
    await using ingest = await TestIngest.start();
    await using bystander = await TestViewer.watchPlainly(ingest, "/ws");
    await using viewer = await TestViewer.watch(ingest, "/ws");
    viewer.sendRaw(data);
    assert.equal((await viewer.closed).code, closeCode);
    assert.equal(viewer.received.at(-1)?.message["type"], "bye");
    assert.equal(viewer.received.at(-1)?.message["code"], code);
    await post(ingest, "/ingest", encode(jpegFrame()));
    await bystander.framesReceived(1);
  });
}

Deno.test("4096 bytes from a viewer are not too many", async () => {
  await using ingest = await TestIngest.start();
  await using viewer = await TestViewer.watch(ingest, "/ws");
  const padded = encode({ type: "clock", t0: 1, padding: "" }).byteLength;
  viewer.send({ type: "clock", t0: 1, padding: "x".repeat(4096 - padded - 2) });
  await viewer.control("clock");
});

Deno.test("what a plain viewer sends is ignored", async () => {
  await using ingest = await TestIngest.start();
  await using viewer = await TestViewer.watchPlainly(ingest, "/ws");
  viewer.sendRaw("hello");
  viewer.sendRaw(new Uint8Array(100_000));
  await post(ingest, "/ingest", encode(jpegFrame()));
  await viewer.framesReceived(1);
  assert.equal(viewer.received.length, 1);
});

for (const limit of ["MAX_CLIENTS", "MAX_CLIENTS_PER_ADDRESS"]) {
  Deno.test(`${limit} is kept before the upgrade, with 503 and Retry-After`, async () => {
    await using ingest = await TestIngest.start({ [limit]: "2" });
    await using _first = await TestViewer.watchPlainly(ingest, "/ws");
    {
      await using _second = await TestViewer.watch(ingest, "/ws/other");
      assert.deepEqual(await upgradeAnswer(ingest), ["HTTP/1.1 503 Service Unavailable", "10"]);
      await assert.rejects(TestViewer.watch(ingest, "/ws"), /refused/);
      const mjpeg = await ingest.fetch("/api/streams/other/mjpeg");
      assert.deepEqual(await refusalOf(mjpeg), [503, "too_many_clients"]);
    }
    await eventually("the second has left", async () => (await connected(ingest)) === 1);
    await using _third = await TestViewer.watch(ingest, "/ws");
    assert.equal(await connected(ingest), 2);
    assert.equal(await metric(ingest, "clients_refused"), 3);
  });
}

Deno.test("a viewer that stops reading holds little, is soon out, and its connection is cut", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  using stuck = await Deno.connect(ingest.address);
  await stuck.write(handshake("/ws/cam", VIEWER_SUBPROTOCOL));
  await read(stuck);
  await stuck.write(maskedMessage(encode(HELLO)));
  await using bystander = await TestViewer.watch(ingest, "/ws/cam");
  bystander.send(HELLO);
  await bystander.control("quality");
  const report = async () =>
    (await ingest.json("/api/streams/cam/viewers") as { viewers: Record<string, unknown>[] })
      .viewers[0];
  await eventually("both watch", async () => (await report())?.["reason"] !== "");
  const data = new Uint8Array(200_000);
  new DataView(data.buffer).setUint32(0, data.byteLength - 4);
  for (let seq = 1; seq <= 150; seq++) {
    producer.send(h264Frame(seq, true, { data }));
    await bystander.framesReceived(seq);
  }
  const { bytesInFlight, framesSent } = await report() ?? {};
  assert.ok(Number(framesSent) < 150, "30 MB of it were not all handed over");
  assert.ok(Number(bytesInFlight) <= 8 * 1024 * 1024 + 300_000, `${bytesInFlight} bytes are held`);
  clock.advance(2_001);
  await eventually("it is pinged, and so is who answers", async () => {
    const { viewers } = await ingest.json("/api/streams/cam/viewers") as {
      viewers: { roundTripMs: number }[];
    };
    return (viewers[1]?.roundTripMs ?? 0) > 0;
  });
  for (let seconds = 1; seconds <= 7; seconds++) {
    await producer.liveOn(clock, 1_000);
    await bystander.framesReceived(150 + seconds);
  }
  await eventually("it is out", async () => (await connected(ingest)) === 1);
  assert.equal(await metric(ingest, "clients_given_up"), 1);
  await within("the end of its connection", untilReset(stuck));
  await producer.liveOn(clock, 1);
  await bystander.framesReceived(158);
});

Deno.test("a picture that takes half a minute to arrive is waited for while it gets on", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  using thin = await Deno.connect(ingest.address);
  await thin.write(handshake("/ws/cam", VIEWER_SUBPROTOCOL));
  await read(thin);
  await thin.write(maskedMessage(encode(HELLO)));
  await eventually("it watches", async () => (await connected(ingest)) === 1);
  const data = new Uint8Array(300_000);
  new DataView(data.buffer).setUint32(0, data.byteLength - 4);
  const frame = h264Frame(1, true, { data });
  const frames = new ServerFrames(thin);
  producer.send(frame);
  const parts: Uint8Array[] = [];
  let milestones = 0;
  for (let isFinal = false; !isFinal;) {
    const { opcode, final, payload } = await within("a part", frames.next());
    if (opcode === 9) {
      milestones++;
      // The link takes so long for a part: the answer to each ping comes late.
      clock.advance(2_000);
      await eventually("it is looked at", () => ingest.json("/healthz").then(() => true));
      await thin.write(maskedMessage(payload, 0x8a));
      await new Promise((resolve) => setTimeout(resolve, 260));
    } else if (opcode === 0 || payload.byteLength > 10_000) {
      parts.push(payload);
      isFinal = final;
    }
  }
  assert.ok(milestones > 10, `${milestones} milestones`);
  assert.deepEqual(new Uint8Array(await new Blob(parts.map(copyOf)).arrayBuffer()), encode(frame));
  assert.equal(await metric(ingest, "clients_given_up"), 0);
  assert.equal(await connected(ingest), 1);
});

Deno.test("who answers pings that it has not read is given up all the same", async () => {
  using clock = new ClockShift();
  await using ingest = await TestIngest.start();
  using liar = await Deno.connect(ingest.address);
  await liar.write(handshake("/ws/cam", VIEWER_SUBPROTOCOL));
  await eventually("it watches", async () => (await connected(ingest)) === 1);
  await read(liar);
  clock.advance(2_001);
  const ping = await within("a ping", new ServerFrames(liar).next());
  assert.equal(ping.opcode, 9);
  for (let number = 0; number < 256; number++) {
    await liar.write(maskedMessage(Uint8Array.of(number), 0x8a));
    await liar.write(maskedMessage(Uint8Array.of(0, 0, 0, number), 0x8a));
  }
  await eventually("it was listened to", () => ingest.json("/healthz").then(() => true));
  clock.advance(6_001);
  await eventually("it is out", async () => {
    await liar.write(maskedMessage(Uint8Array.of(1), 0x8a)).catch(() => 0);
    return (await connected(ingest)) === 0;
  });
  assert.equal(await metric(ingest, "clients_given_up"), 1);
});

for (const [name, firstByte] of [["pings", 0x89], ["pongs", 0x8a], ["messages", 0x82]] as const) {
  Deno.test(`a plain viewer that floods with ${name} is closed`, async () => {
    await using ingest = await TestIngest.start();
    using flood = await Deno.connect(ingest.address);
    await flood.write(handshake("/ws/cam"));
    const ended = within("its end", untilReset(flood));
    const tiny = maskedMessage(Uint8Array.of(1), firstByte);
    const many = new Uint8Array(Array.from({ length: 4_000 }, () => [...tiny]).flat());
    await flood.write(many).catch(() => 0);
    await ended;
    assert.equal(await connected(ingest), 0);
  });
}

Deno.test("viewers that vanish during the upgrade are not counted for ever", async () => {
  await using ingest = await TestIngest.start();
  for (let index = 0; index < 20; index++) {
    using connection = await Deno.connect(ingest.address);
    await connection.write(handshake("/ws/cam"));
  }
  await eventually("they are gone", async () => (await connected(ingest)) === 0);
});

Deno.test("a plain GET on /ws is 426, and says what is wanted", async () => {
  using app = new TestApp();
  for (const path of ["/ws", "/ws/cam"]) {
    const response = await app.fetch(path);
    assert.equal(response.headers.get("upgrade"), "websocket");
    assert.deepEqual(await refusalOf(response), [426, "upgrade_required"]);
  }
});

Deno.test("a handshake without its key is the viewer's fault", async () => {
  await using ingest = await TestIngest.start();
  using connection = await Deno.connect(ingest.address);
  const lines = ["GET /ws HTTP/1.1", "Host: ingest", "Connection: Upgrade", "Upgrade: websocket"];
  await connection.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
  assert.match(await firstLine(connection), /^HTTP\/1\.1 400 /);
  assert.equal(await connected(ingest), 0);
});

async function upgradeAnswer(ingest: TestIngest): Promise<[string, string | undefined]> {
  using connection = await Deno.connect(ingest.address);
  await connection.write(handshake("/ws"));
  const answer = await read(connection);
  return [answer.split("\r\n")[0] ?? "", /retry-after: (.*)\r\n/i.exec(answer)?.[1]];
}

async function firstLine(connection: Deno.Conn): Promise<string> {
  return (await read(connection)).split("\r\n")[0] ?? "";
}

function connected(ingest: TestIngest): Promise<number> {
  return metric(ingest, "clients_connected");
}

async function metric(ingest: TestIngest, name: string): Promise<number> {
  const metrics = await ingest.json("/metrics") as Record<string, number>;
  return metrics[name] ?? NaN;
}

function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
