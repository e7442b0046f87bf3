import assert from "node:assert/strict";
import type { CameraFailureCode } from "./camera_failure.ts";
import { type CameraAttempt, firstAttempt, nextAttempt } from "./camera_plan.ts";
import type { CodecMode } from "./config.ts";

const RETRY = { attempts: 3, delayMs: 5000 };

function after(
  attempt: CameraAttempt,
  code: CameraFailureCode,
  { mode = "auto", hadFrames = false }: { mode?: CodecMode; hadFrames?: boolean } = {},
): CameraAttempt {
  const outcome = { failure: { code, cause: "" }, hadFrames };
  return nextAttempt(attempt, outcome, { mode, retry: RETRY, random: 1 });
}

Deno.test("the camera's own H.264 is tried first, unless it shall be transcoded always", () => {
  const start = { patient: false, failures: 0, delayMs: 0 };
  assert.deepEqual(firstAttempt("auto"), { ...start, plan: "passthrough" });
  assert.deepEqual(firstAttempt("jpeg"), { ...start, plan: "passthrough" });
  assert.deepEqual(firstAttempt("h264"), { ...start, plan: "transcode" });
});

Deno.test("another codec is transcoded at once, to what the mode asks for", () => {
  const first = firstAttempt("auto");
  assert.deepEqual(after(first, "not_h264"), { ...first, plan: "transcode" });
  assert.deepEqual(after(first, "not_h264", { mode: "jpeg" }), { ...first, plan: "jpeg" });
  // The camera changed its codec under way.
  assert.deepEqual(after(first, "not_h264", { hadFrames: true }), { ...first, plan: "transcode" });
});

Deno.test("H.265 is passed through in its own way, where H.264 is", () => {
  const first = firstAttempt("auto");
  const h265 = after(first, "is_h265");
  assert.deepEqual(h265, { ...first, plan: "passthrough-h265" });
  assert.deepEqual(after(first, "is_h265", { mode: "jpeg" }), { ...first, plan: "jpeg" });
  assert.deepEqual(after(h265, "not_h265"), { ...first, plan: "transcode" });
  assert.deepEqual(after(h265, "parameters_missing"), { ...h265, patient: true });
  assert.deepEqual(after(h265, "ended", { hadFrames: true }).plan, "passthrough");
});

Deno.test("parameters that are missing are looked for once, at once", () => {
  const first = firstAttempt("auto");
  const patient = after(first, "parameters_missing");
  assert.deepEqual(patient, { ...first, patient: true });
  assert.deepEqual(after(patient, "parameters_missing"), { ...first, failures: 1, delayMs: 500 });
});

Deno.test("a camera that is neither H.264 nor described well is transcoded with patience", () => {
  const transcode = after(firstAttempt("auto"), "not_h264");
  const patient = { ...transcode, patient: true };
  assert.deepEqual(after(transcode, "parameters_missing"), patient);
});

Deno.test("anything else starts over after a delay that grows with the failures in a row", () => {
  let attempt = firstAttempt("auto");
  const delays = ["refused", "unreachable", "refused", "unknown_host"] as const;
  const seen = delays.map((code) => {
    attempt = after({ ...attempt, plan: "transcode", patient: true }, code);
    return [attempt.plan, attempt.patient, attempt.failures, attempt.delayMs];
  });
  assert.deepEqual(seen, [
    ["passthrough", false, 1, 500],
    ["passthrough", false, 2, 1000],
    ["passthrough", false, 3, 5000],
    ["passthrough", false, 4, 10_000],
  ]);
});

Deno.test("what may pass by itself is tried as often as configured, for ever", () => {
  const row = { ...firstAttempt("auto"), failures: 40 };
  const passing = ["stalled", "ended", "not_found", "ffmpeg_missing", "ffmpeg_killed"] as const;
  for (const code of passing) assert.equal(after(row, code).delayMs, 5000, code);
  const lasting = ["no_video", "codec_unusable", "not_allowed", "untrusted_certificate"] as const;
  for (const code of lasting) {
    assert.equal(after(row, code).delayMs, 60_000, code);
  }
});

Deno.test("a password is never tried quickly again: cameras lock accounts", () => {
  assert.equal(after(firstAttempt("auto"), "unauthorized").delayMs, 5000);
  assert.equal(after({ ...firstAttempt("auto"), failures: 40 }, "unauthorized").delayMs, 300_000);
});

Deno.test("frames end a row of failures", () => {
  const attempt = { ...firstAttempt("auto"), failures: 7 };
  assert.equal(after(attempt, "ended", { hadFrames: true }).failures, 1);
  assert.equal(after(attempt, "ended").failures, 8);
});

Deno.test("an FFmpeg that was killed under way is replaced at once, one that never got there is not", () => {
  const first = firstAttempt("auto");
  const killed = after(first, "ffmpeg_killed", { hadFrames: true });
  assert.deepEqual(killed, { ...first, failures: 1, delayMs: 50 });
  assert.equal(after(first, "ffmpeg_killed").delayMs, 500);
  assert.equal(after(first, "ended", { hadFrames: true }).delayMs, 500);
});

Deno.test("an FFmpeg that cannot transcode either is left alone before the next try", () => {
  const transcode = { ...firstAttempt("auto"), plan: "transcode" } as const;
  assert.equal(after(transcode, "not_h264").delayMs, 500);
});
