import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { loadConfig } from "../config.ts";
import { eventually } from "../testing/eventually.ts";
import { encode, jpegData, jpegFrame } from "../testing/frames.ts";
import { TestCertificates } from "../testing/test_certificates.ts";
import { PLENTY, TestIngest } from "../testing/test_ingest.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { TestViewer } from "../testing/test_viewer.ts";
import { within } from "../testing/within.ts";
import { WorkerPool } from "./worker_pool.ts";

const WORKERS = 3;
/** That one of three workers gets none of them has a chance of one in a million. */
const VIEWERS = 36;
const FAILING_WORKER = new URL("../testing/failing_worker.ts", import.meta.url);
const VIEWER_HELLO = { type: "hello", codecs: ["jpeg"] } as const;

interface PoolOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly workerUrl?: URL;
}

function start({ env = {}, ...options }: PoolOptions = {}): Promise<WorkerPool> {
  const quiet = { INGEST_PORT: "0", LOG_LEVEL: "error" };
  const config = loadConfig({ INGEST_WORKERS: String(WORKERS), ...PLENTY, ...quiet, ...env });
  return WorkerPool.start({ config, viewerDirectory: "/nonexistent", ...options });
}

Deno.test("threads share a port that speaks TLS, each with its handshakes", async () => {
  await using certificates = await TestCertificates.start();
  const { certPath, keyPath } = await certificates.issue("server");
  const pool = await start({ env: { TLS_CERT: certPath, TLS_KEY: keyPath } });
  await using ingest = new TestIngest(pool, [certificates.caCert]);
  assert.match(pool.url, /^https:/);
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  producer.send(jpegFrame({ seq: 1 }));
  await producer.answer("ack");
  for (let index = 0; index < VIEWERS; index++) {
    // A connection each, by whichever thread.
    using client = Deno.createHttpClient({ http1: true, caCerts: [certificates.caCert] });
    const response = await fetch(new URL("/api/streams/cam", pool.url), { client });
    assert.match(await response.text(), /"state":"live"/);
  }
});

Deno.test("viewers spread over threads get the same bytes from one producer, and a goodbye", async () => {
  await using ingest = new TestIngest(await start());
  const viewers = await Promise.all(
    Array.from({ length: VIEWERS }, () => TestViewer.watch(ingest, "/ws/cam")),
  );
  for (const viewer of viewers) viewer.send(VIEWER_HELLO);
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  const sent: Uint8Array[] = [];
  // Whoever is served late, or is on a thread that is, gets the newest of several JPEGs alone.
  await eventually("three frames each", () => {
    const frame = jpegFrame({ seq: sent.length + 1, data: jpegData(16, 16, 9_999) });
    sent.push(encode(frame));
    producer.send(frame);
    return viewers.every(({ frames }) => frames.length >= 3);
  });
  for (const { frames, seqs } of viewers) {
    assert.deepEqual(seqs, seqs.toSorted((a, b) => Number(a) - Number(b)));
    assert.deepEqual(frames.map(({ bytes }) => bytes), seqs.map((seq) => sent[Number(seq) - 1]));
  }
  const { viewers: reports } = await ingest.json("/api/streams/cam/viewers") as {
    viewers: { worker: number }[];
  };
  assert.equal(reports.length, VIEWERS);
  assert.deepEqual([...new Set(reports.map(({ worker }) => worker))].toSorted(), [0, 1, 2]);
  await within("a stop", ingest.stop());
  for (const viewer of viewers) {
    assert.equal((await viewer.closed).code, 1001);
    assert.equal(viewer.received.at(-1)?.message["code"], "shutdown");
  }
  assert.equal((await producer.answer("bye"))["code"], "shutdown");
});

Deno.test("stopping twice is fine, and frees the port", async () => {
  const pool = await start();
  const { port } = new URL(pool.url);
  await pool[Symbol.asyncDispose]();
  await pool[Symbol.asyncDispose]();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  assert.equal(listener.addr.transport, "tcp");
});

Deno.test("a port that another ingest shares with its workers is in use all the same", async () => {
  await using pool = await start();
  const { port } = new URL(pool.url);
  await assert.rejects(
    start({ env: { INGEST_PORT: port } }),
    (error) => error instanceof MisuseError && /INGEST_PORT.*in use/.test(error.message),
  );
});

Deno.test("what a worker cannot listen to is the setting's fault", async () => {
  await assert.rejects(
    start({ env: { INGEST_WORKERS: "1" }, workerUrl: FAILING_WORKER }),
    (error) => error instanceof MisuseError && error.message === "it is taken",
  );
});

Deno.test("a worker that dies is told of, and the others still stop", async () => {
  await using pool = await start({ workerUrl: FAILING_WORKER });
  const died = await within("the death of a worker", pool.died);
  assert.match(died.message, /^worker \d died: .*out of luck/);
});

Deno.test("a worker that cannot even start ends the start", async () => {
  const starting = start({ env: { INGEST_WORKERS: "2" }, workerUrl: FAILING_WORKER });
  await assert.rejects(starting, /worker \d died: .*no way to start/);
});
