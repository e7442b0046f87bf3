import assert from "node:assert/strict";
import { ClockShift } from "../testing/clock_shift.ts";
import { eventually } from "../testing/eventually.ts";
import { encode, jpegFrame } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";

Deno.test("healthz is ok however it stands, readyz is 503 while draining", async () => {
  let isReady = true;
  using app = new TestApp({ isReady: () => isReady });
  const ready = await app.fetch("/readyz");
  assert.equal(ready.status, 200);
  assert.equal((await ready.json()).status, "ready");
  isReady = false;
  const draining = await app.fetch("/readyz");
  assert.equal(draining.status, 503);
  assert.deepEqual(await codesOf(draining), { reasons: ["draining"], notes: ["no_publisher"] });
  assert.deepEqual(await (await app.fetch("/healthz")).json(), { status: "ok" });
});

async function codesOf(readyz: Response) {
  const { status, reasons, notes } = await readyz.json();
  assert.equal(status, "not_ready");
  const codes = (list: { code: string; message: string }[]) =>
    list.map(({ code, message }) => message === "" ? `${code} without a word` : code);
  return { reasons: codes(reasons), notes: codes(notes) };
}

Deno.test("that nobody publishes is told, and no reason to go elsewhere", async () => {
  using app = new TestApp();
  const before = await app.fetch("/readyz");
  assert.equal(before.status, 200);
  assert.deepEqual((await before.json()).notes.map(({ code }: { code: string }) => code), [
    "no_publisher",
  ]);
  await app.post("/ingest", encode(jpegFrame()));
  const after = await app.fetch("/readyz");
  assert.deepEqual(await after.json(), { status: "ready", reasons: [], notes: [] });
});

Deno.test("while memory is short no viewer is let in, and readyz says so", async () => {
  let usedBytes = 700;
  using clock = new ClockShift();
  using app = new TestApp({ usedBytes: () => usedBytes });
  await app.post("/ingest/door", encode(jpegFrame()));
  const hold = async (bytes: number) => {
    usedBytes = bytes;
    clock.advance(1_000);
    return await app.fetch("/readyz");
  };
  const watch = () => app.fetch("/api/streams/door/mjpeg", { method: "HEAD" });
  const publish = async (stream: string) =>
    (await app.post(`/ingest/${stream}`, encode(jpegFrame()))).status;

  assert.equal((await watch()).status, 200);

  assert.deepEqual(await codesOf(await hold(810)), { reasons: ["over_memory"], notes: [] });
  const refused = await app.fetch("/api/streams/door/mjpeg");
  assert.equal(refused.headers.get("retry-after"), "10");
  assert.deepEqual(await refusalOf(refused), [503, "over_memory"]);
  assert.equal(await publish("yard"), 200, "streams come first");
  assert.equal((await app.fetch("/healthz")).status, 200, "it is alive");

  await hold(910);
  assert.equal(await publish("attic"), 503);
  assert.deepEqual(
    [await publish("door"), await publish("yard")],
    [200, 200],
    "those it has go on",
  );
  const metrics = await (await app.fetch("/metrics")).json();
  assert.equal(metrics.clients_refused, 1);
  assert.equal(metrics.clients_refused_over_memory, 1);
  assert.equal(metrics.publishes_refused, 1);
  const text = await expositionOf(app);
  assert.equal(text.get('porthole_clients_refused_total{cause="memory"}'), 1);
  assert.equal(text.get("porthole_over_memory"), 1);

  assert.equal((await hold(700)).status, 200);
  assert.equal((await watch()).status, 200);
});

Deno.test("metrics are JSON by default, with what was taken in", async () => {
  using app = new TestApp();
  const body = encode(jpegFrame());
  await app.post("/ingest", body);
  await app.post("/ingest", body);
  const rejected = await app.post("/ingest", "no frame");
  await refusalOf(rejected);
  for (const accept of [undefined, "*/*", "application/json", "text/html"]) {
    const response = await app.fetch(
      "/metrics",
      accept === undefined ? {} : { headers: { accept } },
    );
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    const metrics = await response.json();
    assert.equal(metrics.frames_received, 2);
    assert.equal(metrics.bytes_processed, 2 * body.byteLength);
    assert.equal(metrics.clients_connected, 0);
    assert.equal(metrics.publishes_rejected, 1);
    assert.ok(Math.abs(metrics.timestamp - Date.now() / 1000) < 60, "in seconds");
    assert.ok(Number.isInteger(metrics.timestamp));
  }
});

const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

Deno.test("metrics are Prometheus text for who asks for it", async () => {
  using app = new TestApp();
  await app.post("/ingest", encode(jpegFrame()));
  for (const accept of ["text/plain", PROMETHEUS]) {
    const samples = await expositionOf(app, accept);
    assert.equal(samples.get("porthole_frames_received_total"), 1);
    assert.equal(samples.get("porthole_clients_connected"), 0);
    assert.equal(samples.get('porthole_stream_frames_received_total{stream="default"}'), 1);
    assert.equal(samples.get('porthole_stream_live{stream="default"}'), 1);
    assert.equal(samples.get('porthole_renditions_running{rendition="jpeg"}'), 1);
    assert.equal(samples.get('porthole_frames_discarded_total{cause="behind"}'), 0);
    assert.ok((samples.get("process_resident_memory_bytes") ?? 0) > 1e6);
  }
});

Deno.test("publishers choose the names of renditions, and labels are none of them", async () => {
  using app = new TestApp();
  for (const rendition of ["a", "b", "c"]) {
    await app.post("/ingest", encode(jpegFrame({ rendition, seq: 1 })));
  }
  const samples = await expositionOf(app);
  assert.equal(samples.get('porthole_renditions_running{rendition="other"}'), 3);
  const renditions = [...samples.keys()].filter((name) => name.includes("rendition="));
  assert.equal(renditions.length, 5);
});

Deno.test("a stream's series go when it does", async () => {
  using clock = new ClockShift();
  using app = new TestApp();
  await app.post("/ingest/door", encode(jpegFrame()));
  const { ages } = app.streams.open("door").account;
  ages.published(5);
  const ofDoor = async () =>
    [...(await expositionOf(app)).keys()].filter((name) => name.includes('stream="door"'));
  assert.ok((await ofDoor()).some((name) => name.startsWith("porthole_publish_age_seconds")));
  clock.advance(120_000);
  await eventually("it is forgotten", async () => (await ofDoor()).length === 0);
  ages.published(5);
  assert.deepEqual(await ofDoor(), [], "whoever is late to leave does not bring it back");
});

/** Samples by name and labels, once the text is seen to be as it has to be (format 0.0.4). */
async function expositionOf(
  app: TestApp,
  accept = "text/plain",
): Promise<ReadonlyMap<string, number>> {
  const response = await app.fetch("/metrics", { headers: { accept } });
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const text = await response.text();
  assert.ok(text.endsWith("\n"), "the last line must end with a line feed");
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.trimEnd().split("\n").filter((each) => each !== "")) {
    const [, comment, about = "", rest = ""] = /^# (HELP|TYPE) (\w+) (.+)$/.exec(line) ?? [];
    if (comment === "HELP") assert.match(rest, /\.$/, line);
    if (comment === "TYPE") types.set(about, rest);
    if (comment !== undefined) continue;
    const [, name = "", family = "", value] = /^((\w+)(?:\{[^}]*\})?) (\S+)$/.exec(line) ?? [];
    assert.ok(types.has(family) || types.has(family.replace(/_(bucket|sum|count)$/, "")), line);
    assert.equal(types.get(family) === "counter", family.endsWith("_total"), line);
    assert.ok(!values.has(name), `${name} twice`);
    values.set(name, Number(value));
  }
  return values;
}
