import assert from "node:assert/strict";
import { MAX_QUIET_MS, presenceOf } from "./presence.ts";
import { LIVE_REPORT } from "./testing/reports.ts";
import type { Report } from "./worker_messages.ts";

function report(changes: Partial<Report>, sincePaintMs = 0): Report {
  return { ...LIVE_REPORT, stats: { ...LIVE_REPORT.stats, sincePaintMs }, ...changes };
}

Deno.test("live with a young picture is live, and nothing is said over it", () => {
  const presence = presenceOf(report({}, MAX_QUIET_MS - 1), true);
  assert.deepEqual(presence, { state: "live", status: "Live", message: "" });
});

Deno.test("live without a new picture for too long is stale, whatever ingest says", () => {
  const { state, message } = presenceOf(report({}, 12_500), true);
  assert.deepEqual([state, message], ["stale", "No picture for 12 s"]);
});

Deno.test("stale says since when and why", () => {
  const streamCause = "the camera does not answer";
  const { state, message } = presenceOf(report({ streamState: "stale", streamCause }, 4000), true);
  assert.deepEqual([state, message], ["stale", "No picture for 4 s: the camera does not answer"]);
});

Deno.test("a page that is opened later tells since when there really is no picture", () => {
  const streamCause = "camera refused the user name or password";
  const opened = report({ streamState: "stale", streamCause, streamQuietMs: 12_400 }, 300);
  assert.equal(presenceOf(opened, true).message, `No picture for 12 s: ${streamCause}`);
});

Deno.test("a camera of few pictures is live between them, for a minute at most", () => {
  const slow = (paintIntervalMs: number, sincePaintMs: number) => {
    const stats = { ...LIVE_REPORT.stats, paintIntervalMs, sincePaintMs };
    return presenceOf({ ...LIVE_REPORT, stats }, true).state;
  };
  assert.deepEqual([slow(10_000, 24_999), slow(10_000, 25_000)], ["live", "stale"]);
  assert.deepEqual([slow(1e9, 59_999), slow(1e9, 60_000)], ["live", "stale"]);
});

Deno.test("long quiet is told in minutes and hours", () => {
  assert.equal(presenceOf(report({}, 119_999), true).message, "No picture for 119 s");
  assert.equal(presenceOf(report({}, 120_000), true).message, "No picture for 2 min");
  assert.equal(presenceOf(report({}, 3 * 3_600_000), true).message, "No picture for 3 h");
});

Deno.test("offline gives the cause, or waits for the camera", () => {
  const streamState = "offline";
  const refused = presenceOf(report({ streamState, streamCause: "wrong password" }), true);
  assert.deepEqual([refused.state, refused.message], ["offline", "wrong password"]);
  assert.equal(presenceOf(report({ streamState }), true).message, "Waiting for the camera");
});

Deno.test("before there is a connection, a word of ingest or a picture, it connects", () => {
  const before: (Report | undefined)[] = [
    undefined,
    report({ connection: "connecting", picture: undefined, streamState: undefined }),
    report({ streamState: undefined, picture: undefined }),
    report({ picture: undefined }),
  ];
  for (const each of before) assert.equal(presenceOf(each, true).state, "connecting");
});

Deno.test("a lost connection says why, and what ingest said last counts no more", () => {
  const lost = report({ connection: "waiting", connectionCause: "the server restarts" });
  const { state, status, message } = presenceOf(lost, true);
  assert.deepEqual([state, status], ["connecting", "Reconnecting"]);
  assert.equal(message, "Connecting again: the server restarts");
});

Deno.test("paused is paused, however the stream is", () => {
  for (const each of [undefined, report({}), report({ streamState: "offline" })]) {
    assert.equal(presenceOf(each, false).state, "paused");
  }
});

Deno.test("who is refused is told what to do about it, or why", () => {
  const loggedOut = presenceOf(report({ connection: "login", connectionCause: "expired" }), true);
  assert.deepEqual([loggedOut.state, loggedOut.message], ["offline", "Log in to watch"]);
  const cause = "your token does not let you watch this";
  const forbidden = presenceOf(report({ connection: "forbidden", connectionCause: cause }), true);
  assert.deepEqual([forbidden.status, forbidden.message], ["Not allowed", cause]);
});

Deno.test("a camera that is being woken is connecting, whatever its state was called", () => {
  for (const streamState of ["stale", "offline"] as const) {
    const presence = presenceOf(report({ streamState, streamStandby: true }, 60_000), true);
    assert.deepEqual(presence, {
      ...{ state: "connecting", status: "Waking", message: "Waking the camera" },
    });
  }
});
