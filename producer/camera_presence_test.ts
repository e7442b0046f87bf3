import assert from "node:assert/strict";
import fc from "fast-check";
import type { CameraFailureCode } from "./camera_failure.ts";
import { CameraPresence } from "./camera_presence.ts";

Deno.test("a camera that nobody was at is back with the first answer", () => {
  for (const code of ["refused", "unknown_host"] as const) {
    const presence = new CameraPresence();
    presence.failed(code);
    assert.equal(presence.knocked(true), true);
  }
});

Deno.test("one that answers all the time has another trouble", () => {
  for (const code of ["unauthorized", "stalled", "not_found", "unreachable"] as const) {
    const presence = new CameraPresence();
    presence.failed(code);
    assert.deepEqual([true, true, true].map((answer) => presence.knocked(answer)), [
      ...[false, false, false],
    ]);
  }
});

Deno.test("whatever failed, one that fell silent is back when it answers, once", () => {
  const presence = new CameraPresence();
  presence.failed("unauthorized");
  assert.deepEqual([true, false, false, true, true].map((answer) => presence.knocked(answer)), [
    ...[false, false, false, true, false],
  ]);
});

Deno.test("one that answers knocks and refuses FFmpeg all the same is left alone for its delay", () => {
  const presence = new CameraPresence();
  presence.failed("refused");
  assert.equal(presence.knocked(true), true);
  presence.failed("refused");
  assert.equal(presence.knocked(true), false);
});

Deno.test("never is it tried early twice without a knock in between that nobody answered", () => {
  const codes: CameraFailureCode[] = ["refused", "unauthorized", "stalled", "unreachable"];
  const story = fc.array(
    fc.record({ code: fc.constantFrom(...codes), knocks: fc.array(fc.boolean()) }),
  );
  fc.assert(fc.property(story, (attempts) => {
    const presence = new CameraPresence();
    let wasTriedEarly = false;
    for (const { code, knocks } of attempts) {
      presence.failed(code);
      let missed = !wasTriedEarly && (code === "refused");
      wasTriedEarly = false;
      for (const isAnswered of knocks) {
        const isBack = presence.knocked(isAnswered);
        if (isBack) assert.ok(missed, "it was away");
        missed = !isAnswered;
        if (!isBack) continue;
        wasTriedEarly = true;
        break;
      }
    }
  }));
});
