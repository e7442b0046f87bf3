import { sleep } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { runLoad } from "./load_run.ts";
import { startNaiveDeno, startPorthole } from "./load_servers.ts";
import { runStalled } from "./load_stalled.ts";
import { runChurn } from "./load_churn.ts";

const PACE = { fps: 30, frameBytes: 1_000, maxSeconds: 60 };
const VIEWERS = {
  good: 4,
  slow: 0,
  stalled: 0,
  slowBytesPerSecond: 100_000,
  settleSeconds: 0,
  seconds: 1,
};
const NEVER = new AbortController().signal;

Deno.test("good and slow viewers of a real ingest are measured, and what it spends on them", async () => {
  await using server = await startPorthole(PACE);
  const viewers = { ...VIEWERS, slow: 2 };
  const result = await runLoad({ server, viewers, signal: NEVER });
  assert.equal(result.good.viewers, 4);
  assert.equal(result.slow.viewers, 2);
  assert.ok(result.good.fpsMin > 0 && result.good.fpsMin <= result.good.fpsMean);
  assert.ok(result.good.p50Ms >= 0 && result.good.p50Ms <= result.good.maxMs);
  assert.ok(result.slow.fpsMean > 0);
  assert.ok(result.residentBytes.idle > 0 && result.residentBytes.max >= result.residentBytes.end);
});

Deno.test("a yardstick is measured in the same way", async () => {
  for (const acknowledge of [false, true]) {
    await using server = await startNaiveDeno(PACE, { acknowledge });
    const result = await runLoad({ server, viewers: VIEWERS, signal: NEVER });
    assert.ok(result.good.fpsMin > 0);
    assert.deepEqual([result.good.missing, result.discarded, result.unsent], [0, 0, 0]);
  }
});

Deno.test("viewers that stop reading are looked after beside the good ones", async () => {
  await using server = await startPorthole(PACE);
  const result = await runStalled(server, { ...VIEWERS, stalled: 2 }, NEVER);
  assert.equal(result.stalled, 2);
  // So soon, with frames so small, the kernel still takes all that is for them.
  assert.equal(result.stillOpen, 2);
  assert.ok(result.good.fpsMin > 0);
});

Deno.test("viewers come and go in every way, and none is left", async () => {
  await using server = await startPorthole(PACE);
  const result = await runChurn(server, 20, NEVER, { settleMs: 0 });
  assert.deepEqual([result.connects, result.errors, result.firstError], [20, 0, ""]);
  assert.equal(result.clientsLeft, 0);
});

Deno.test("a viewer that is refused is an error with the server's answer", async () => {
  await using server = await startPorthole(PACE, { env: { MAX_CLIENTS: "2" } });
  await assert.rejects(
    runLoad({ server, viewers: VIEWERS, signal: NEVER }),
    /of 4 could not connect[^]*HTTP\/1.1 503 [^]*too_many_clients/,
  );
});

Deno.test("a publish that is cut is an error, not a figure", async () => {
  await using server = await startPorthole(PACE);
  await assert.rejects(
    runLoad({
      server,
      viewers: VIEWERS,
      signal: NEVER,
      during: () => Promise.resolve(Deno.kill(server.pid, "SIGKILL")),
    }),
    /the publish was cut/,
  );
});

Deno.test("viewers that do not stay are an error, not a figure", async () => {
  await using server = await startNaiveDeno(PACE, { acknowledge: false });
  await assert.rejects(
    runLoad({
      server,
      viewers: VIEWERS,
      signal: NEVER,
      during: () => Promise.resolve(Deno.kill(server.pid, "SIGKILL")),
    }),
    /4 viewers did not stay, the first: .*(closed|ECONNRESET)/,
  );
});

Deno.test("an abort ends a run at once", async () => {
  await using server = await startPorthole(PACE);
  const stop = new AbortController();
  const reason = new Error("enough");
  await assert.rejects(
    runLoad({
      server,
      viewers: { ...VIEWERS, seconds: 50 },
      signal: stop.signal,
      during: async ({ ended }) => {
        stop.abort(reason);
        await sleep(50_000, ended);
      },
    }),
    reason,
  );
});
