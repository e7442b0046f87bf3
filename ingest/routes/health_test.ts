import assert from "node:assert/strict";
import { encode, jpegFrame } from "../testing/frames.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";

Deno.test("healthz is ok however it stands, readyz is 503 while draining", async () => {
  let isReady = true;
  using app = new TestApp({ isReady: () => isReady });
  assert.deepEqual(await (await app.fetch("/readyz")).json(), { status: "ready" });
  isReady = false;
  const draining = await app.fetch("/readyz");
  assert.equal(draining.status, 503);
  assert.deepEqual(await draining.json(), { status: "draining" });
  assert.deepEqual(await (await app.fetch("/healthz")).json(), { status: "ok" });
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
    assert.ok(Math.abs(metrics.timestamp - Date.now() / 1000) < 2, "in seconds");
    assert.ok(Number.isInteger(metrics.timestamp));
  }
});

const PROMETHEUS =
  "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

Deno.test("metrics are Prometheus text for who asks for it", async () => {
  using app = new TestApp();
  await app.post("/ingest", encode(jpegFrame()));
  for (const accept of ["text/plain", PROMETHEUS]) {
    const response = await app.fetch("/metrics", { headers: { accept } });
    assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assertExposition(await response.text());
  }
});

/** Prometheus text exposition format 0.0.4: HELP, TYPE, sample; counters end in `_total`. */
function assertExposition(text: string): void {
  assert.ok(text.endsWith("\n"), "the last line must end with a line feed");
  const lines = text.trimEnd().split("\n");
  assert.equal(lines.length % 3, 0);
  const values = new Map<string, number>();
  for (let index = 0; index < lines.length; index += 3) {
    const [help = "", type = "", sample = ""] = lines.slice(index, index + 3);
    const [, name = "", value] = /^([a-z_]+) (\d+)$/.exec(sample) ?? [];
    assert.match(help, new RegExp(`^# HELP ${name} \\S.*\\.$`));
    const kind = name.endsWith("_total") ? "counter" : "gauge";
    assert.equal(type, `# TYPE ${name} ${kind}`);
    assert.ok(!values.has(name), `${name} twice`);
    values.set(name, Number(value));
  }
  assert.equal(values.get("porthole_frames_received_total"), 1);
  assert.equal(values.get("porthole_clients_connected"), 0);
}
