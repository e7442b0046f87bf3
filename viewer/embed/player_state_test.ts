import assert from "node:assert/strict";
import { LIVE_REPORT } from "../testing/reports.ts";
import type { Report } from "../worker_messages.ts";
import { playerErrorOf, playerStatsOf, playerViewOf } from "./player_state.ts";

const ELSEWHERE = {
  serverOrigin: "https://cams.example",
  pageOrigin: "https://site.example",
};

Deno.test("a refusal is told in the server's words, and wins over a pause", () => {
  for (
    const [connection, code] of [["login", "unauthorized"], ["forbidden", "forbidden"]] as const
  ) {
    const report = { ...LIVE_REPORT, connection, connectionCause: "log in" };
    const error = playerErrorOf(report, ELSEWHERE, undefined);
    assert.deepEqual(error, { code, message: "This player may not watch: log in" });
    for (const playing of [true, false]) {
      const { state, message } = playerViewOf(report, playing, error);
      assert.deepEqual([state, message], ["refused", error?.message]);
    }
  }
});

Deno.test("who never got through is told of ALLOWED_ORIGINS; who did, or is at home, is not", () => {
  const waiting = { ...LIVE_REPORT, connection: "waiting", connectionCause: "it is away" } as const;
  const never = { ...waiting, picture: undefined, streamState: undefined };
  const messageOf = (report: Report, where = ELSEWHERE) =>
    playerErrorOf(report, where, undefined)?.message ?? "";
  assert.match(messageOf(never), /^https:\/\/cams\.example .*https:\/\/site\.example .*ALLOWED_OR/);
  assert.equal(messageOf(waiting), "Connecting again: it is away");
  const home = { serverOrigin: "https://site.example", pageOrigin: "https://site.example" };
  assert.equal(messageOf(never, home), "Connecting again: it is away");
  assert.equal(
    playerViewOf(never, true, playerErrorOf(never, home, undefined)).state,
    "connecting",
  );
});

Deno.test("a try to connect again is no end of an error; a connection is", () => {
  const before = { code: "unreachable", message: "away" } as const;
  const connecting = { ...LIVE_REPORT, connection: "connecting" } as const;
  assert.equal(playerErrorOf(connecting, ELSEWHERE, before), before);
  assert.equal(playerErrorOf(connecting, ELSEWHERE, undefined), undefined);
  assert.equal(playerErrorOf(LIVE_REPORT, ELSEWHERE, before), undefined);
  assert.equal(playerViewOf(LIVE_REPORT, true, undefined).state, "live");
  assert.equal(playerViewOf(LIVE_REPORT, false, undefined).state, "paused");
});

Deno.test("statistics have null for what is not known", () => {
  const { widthPx, latencyMs, fps, rendition } = playerStatsOf(LIVE_REPORT);
  assert.deepEqual([widthPx, latencyMs, fps, rendition], [1280, 83.6, 29.97, "main"]);
  const stats = { ...LIVE_REPORT.stats, latencyMs: undefined, joinMs: undefined };
  const early = playerStatsOf({ ...LIVE_REPORT, stats, picture: undefined });
  assert.deepEqual([early.latencyMs, early.joinMs, early.widthPx, early.codec], [
    null,
    null,
    null,
    null,
  ]);
});
