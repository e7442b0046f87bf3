import { encode, jpegFrame } from "../../ingest/testing/frames.ts";
import { refusalOf } from "../../ingest/testing/test_app.ts";
import { TestIngest } from "../../ingest/testing/test_ingest.ts";
import { TestViewer } from "../../ingest/testing/test_viewer.ts";
import assert from "node:assert/strict";
import { eventually } from "../testing/browser.ts";
import { startIngest } from "../testing/services.ts";

/** Less than any ingest holds. */
const TOO_LITTLE = { MAX_MEMORY_MB: "16" };

for (const workers of ["1", "2"]) {
  Deno.test(`an ingest short of memory lets nobody new in and says so, with ${workers} worker(s)`, async () => {
    await using service = await startIngest({ env: { ...TOO_LITTLE, INGEST_WORKERS: workers } });
    await using ingest = new TestIngest(service);
    const readyz = await ingest.fetch("/readyz");
    assert.equal(readyz.status, 503);
    const { status, reasons, notes } = await readyz.json();
    assert.equal(status, "not_ready");
    assert.match(
      reasons[0].message,
      /^ingest holds \d+ of the 16 MiB that it may; .*MAX_MEMORY_MB$/,
    );
    assert.deepEqual([reasons[0].code, notes[0].code], ["over_memory", "no_publisher"]);
    assert.deepEqual(await ingest.json("/healthz"), { status: "ok" });

    await assert.rejects(TestViewer.watchPlainly(ingest, "/ws/door"), /refused/);
    const publish = await ingest.fetch("/ingest/door", {
      method: "POST",
      body: encode(jpegFrame()),
    });
    assert.deepEqual(await refusalOf(publish), [503, "over_memory"]);
    await service.process.waitFor(/ingest\.memory: memory is scarce.* limitMb=16/, 15_000);

    await service.process.stop();
    const { output } = service.process;
    assert.match(output, /ingest\.limits: limits were met .*clients_refused=1/);
  });
}

/** That one of two workers gets none of them has a chance of one in eight million. */
const CONNECTIONS = 24;

for (const workers of ["1", "2"]) {
  Deno.test(`an ingest that drains serves on and sends others elsewhere, with ${workers} worker(s)`, async () => {
    const env = { DRAIN_SECONDS: "3600", INGEST_WORKERS: workers };
    await using service = await startIngest({ env });
    await using ingest = new TestIngest(service);
    const stays = await TestViewer.watchPlainly(ingest, "/ws/door");
    const post = (seq: number) =>
      ingest.fetch("/ingest/door", { method: "POST", body: encode(jpegFrame({ seq })) });
    const ready = await ingest.json("/readyz") as { readonly status: string };
    assert.equal(ready.status, "ready");

    service.process.signal("SIGTERM");
    await service.process.waitFor(/ingest: ingest drains forS=3600/, 20_000);
    for (let index = 0; index < CONNECTIONS; index++) {
      await eventually("a new connection is told", 20_000, async () => {
        using client = Deno.createHttpClient({ http1: true, http2: false });
        const response = await fetch(new URL("readyz", service.url), { client });
        const { reasons } = await response.json();
        return reasons[0]?.code === "draining" && response.status === 503 || "it is not";
      });
    }
    assert.deepEqual(await ingest.json("/healthz"), { status: "ok" });
    const comes = await TestViewer.watchPlainly(ingest, "/ws/door");
    const posted = await post(1);
    assert.equal(posted.status, 200, await posted.text());
    for (const viewer of [stays, comes]) await viewer.framesReceived(1);

    service.process.signal("SIGTERM");
    assert.equal((await service.process.exited).code, 0);
    for (const viewer of [stays, comes]) assert.equal((await viewer.closed).code, 1001);
    assert.match(service.process.output, /ingest: ingest stops$/m);
  });
}

Deno.test("draining ends by itself, with a goodbye", async () => {
  await using service = await startIngest({ env: { DRAIN_SECONDS: "1" } });
  await using ingest = new TestIngest(service);
  const viewer = await TestViewer.watchPlainly(ingest, "/ws/door");
  service.process.signal("SIGTERM");
  assert.equal((await service.process.exited).code, 0);
  assert.equal((await viewer.closed).code, 1001);
  assert.match(service.process.output, /ingest drains forS=1\n.*ingest stops\n$/);
});

Deno.test("logs are JSON lines where nobody reads along, and nothing else is among them", async () => {
  await using service = await startIngest({ env: { LOG_FORMAT: "json", INGEST_WORKERS: "2" } });
  await using ingest = new TestIngest(service);
  const body = encode(jpegFrame());
  assert.ok(await (await ingest.fetch("/ingest/door", { method: "POST", body })).json());
  await service.process.stop();
  const lines = service.process.output.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ event }) => event), ["ingest listens", "ingest stops"]);
  assert.equal(lines[0].url, service.url);
  assert.deepEqual(lines.map(({ level, part }) => [level, part]), [
    ["info", "ingest"],
    ["info", "ingest"],
  ]);
});
