import assert from "node:assert/strict";
import { encode, jpegFrame } from "../../ingest/testing/frames.ts";
import { TestIngest } from "../../ingest/testing/test_ingest.ts";
import { TestProducer } from "../../ingest/testing/test_producer.ts";
import { TestViewer } from "../../ingest/testing/test_viewer.ts";
import { startIngest } from "../testing/services.ts";

/** Two seconds are promised; machines that run tests stand still for longer. */
const STOP_WITHIN_MS = 8_000;
/** That one of two workers gets none of them has a chance of one in eight million. */
const VIEWERS = 24;

Deno.test("ingest on several threads is one to everybody, and stops as one", async () => {
  await using service = await startIngest({ env: { INGEST_WORKERS: "2" } });
  await using ingest = new TestIngest(service);
  const viewers = await Promise.all(
    Array.from({ length: VIEWERS }, () => TestViewer.watchPlainly(ingest, "/ws/cam")),
  );
  {
    await using producer = await TestProducer.publish(ingest, "/ingest/cam");
    for (const seq of [1, 2]) producer.send(jpegFrame({ seq }));
    for (const viewer of viewers) {
      await viewer.framesReceived(2);
      assert.deepEqual(viewer.seqs, [1, 2]);
    }
  }
  const post = () => ingest.fetch("/ingest/posts", { method: "POST", body: encode(jpegFrame()) });
  const response = await post();
  assert.equal(response.status, 200, await response.text());
  const metrics = await ingest.json("/metrics") as Record<string, number>;
  assert.equal(metrics["clients_connected"], VIEWERS);
  assert.equal(metrics["frames_received"], 3);
  assert.equal(metrics["frames_sent"], 2 * VIEWERS);

  const status = await service.process.stop(STOP_WITHIN_MS);
  assert.equal(status.code, 0, "it ended by itself and was not killed");
  for (const viewer of viewers) assert.equal((await viewer.closed).code, 1001);
  const { output } = service.process;
  assert.equal(output.match(/ingest listens url=/g)?.length, 1, output);
  assert.match(output, /publish started stream=cam worker=[01]$/m);
});

Deno.test("ingest on several threads stops in time though nobody listens to its goodbye", async () => {
  await using service = await startIngest({ env: { INGEST_WORKERS: "2" } });
  const { hostname, port } = new URL(service.url);
  const open = () => Deno.connect({ hostname, port: Number(port) });
  const connections = await Promise.all(Array.from({ length: VIEWERS }, open));
  const head = "GET /ws/cam HTTP/1.1\r\nHost: ingest\r\nUpgrade: websocket\r\n" +
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
  for (const connection of connections) {
    await connection.write(new TextEncoder().encode(head));
    await connection.read(new Uint8Array(1024));
  }
  assert.equal((await service.process.stop(STOP_WITHIN_MS)).code, 0);
  for (const connection of connections) connection.close();
});
