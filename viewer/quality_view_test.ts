import assert from "node:assert/strict";
import fc from "fast-check";
import { AUTO } from "./quality_choices.ts";
import { isGone, qualityViewOf } from "./quality_view.ts";
import { LIVE_REPORT } from "./testing/reports.ts";
import type { Report } from "./worker_messages.ts";

const LOW = { type: "quality", rendition: "low", fps: 30, reason: "the link is slow" } as const;

function valuesOf(report: Report | undefined, selected: string = AUTO): string[] {
  return qualityViewOf(report, selected).options.map(({ value }) => value);
}

Deno.test("it says what plays, how large, and why", () => {
  const view = qualityViewOf(LIVE_REPORT, AUTO);
  assert.deepEqual([view.rendition, view.name, view.size], ["main", "main", "1280 × 720"]);
  assert.equal(view.description, "Quality main · 1280 × 720, automatic: best for this link");
  assert.equal(view.isPinned, false);
});

Deno.test("while it changes it says from what to what", () => {
  const { rendition, name } = qualityViewOf({ ...LIVE_REPORT, quality: LOW }, AUTO);
  assert.deepEqual([rendition, name], ["low", "main → low"]);
});

Deno.test("a choice by hand is said to be one", () => {
  const view = qualityViewOf(LIVE_REPORT, "main");
  assert.deepEqual([view.isPinned, view.selected], [true, "main"]);
  assert.match(view.description, /, pinned: /);
});

Deno.test("a slow link is told for as long as it is news", () => {
  const stats = { ...LIVE_REPORT.stats, discardedLately: 30 };
  const { isLinkSlow, description } = qualityViewOf({ ...LIVE_REPORT, stats }, AUTO);
  assert.equal(isLinkSlow, true);
  assert.match(description, /Frames were skipped lately: the link is slow$/);
});

Deno.test("all that ingest has can be chosen, with its size where it runs", () => {
  assert.deepEqual(qualityViewOf(LIVE_REPORT, AUTO).options, [
    { value: "auto", label: "Automatic" },
    { value: "main", label: "main · 1280 × 720" },
    { value: "low", label: "low" },
    { value: "jpeg", label: "jpeg" },
  ]);
});

Deno.test("an ingest that does not say what can be chosen offers what runs", () => {
  assert.deepEqual(valuesOf({ ...LIVE_REPORT, selectable: undefined }), ["auto", "main"]);
});

Deno.test("without H.264 only JPEG is offered, under whatever name it runs", () => {
  const sharp = { name: "sharp", codec: "jpeg", width: 1920, height: 1080, fps: 5, kbps: 8000 };
  const renditions = [...LIVE_REPORT.renditions, sharp];
  const selectable = ["main", "low", "jpeg", "sharp"];
  const report = { ...LIVE_REPORT, decodesH264: false, renditions, selectable };
  assert.deepEqual(valuesOf(report), ["auto", "jpeg", "sharp"]);
});

Deno.test("before anything is known there is only the choice that was made", () => {
  const view = qualityViewOf(undefined, AUTO);
  assert.deepEqual([view.name, view.size, view.reason], ["", "", ""]);
  assert.deepEqual(valuesOf(undefined), ["auto"]);
  assert.deepEqual(valuesOf(undefined, "low"), ["auto", "low"]);
});

Deno.test("a choice is gone when a live stream has it no more, or the browser cannot play it", () => {
  assert.equal(isGone("low", LIVE_REPORT), false);
  assert.equal(isGone("low", { ...LIVE_REPORT, selectable: ["main", "jpeg"] }), true);
  assert.equal(isGone("low", { ...LIVE_REPORT, decodesH264: false }), true);
  const [main] = LIVE_REPORT.renditions;
  assert.ok(main !== undefined);
  const renditions = [{ ...main, name: "source", codec: "hvc1.1.6.L93.B0" }];
  const ofH265 = { ...LIVE_REPORT, renditions, selectable: ["source", "main"] };
  assert.equal(isGone("source", ofH265), true);
  assert.equal(isGone("source", { ...ofH265, decodesH265: true }), false);
  assert.equal(isGone("main", ofH265), false);
  assert.equal(isGone("jpeg", { ...LIVE_REPORT, decodesH264: false }), false);
  assert.equal(isGone(AUTO, { ...LIVE_REPORT, selectable: [] }), false);
});

Deno.test("what is not known is not gone: no connection, no camera, an ingest that does not say", () => {
  const selectable: readonly string[] = [];
  const unsure: Report[] = [
    { ...LIVE_REPORT, selectable, connection: "waiting" },
    { ...LIVE_REPORT, selectable, streamState: "offline" },
    { ...LIVE_REPORT, selectable, streamState: undefined },
    { ...LIVE_REPORT, selectable: undefined },
  ];
  for (const report of unsure) assert.equal(isGone("low", report), false);
});

Deno.test("what is shown as selected can always be seen in the list, once, and what is offered plays", () => {
  const name = fc.constantFrom("main", "low", "jpeg");
  fc.assert(fc.property(
    fc.uniqueArray(name),
    fc.boolean(),
    fc.constantFrom(AUTO, "main", "low", "jpeg"),
    (selectable, decodesH264, selected) => {
      const values = valuesOf({ ...LIVE_REPORT, selectable, decodesH264 }, selected);
      assert.equal(values.filter((value) => value === selected).length, 1);
      const offered = values.filter((value) => value !== AUTO && value !== selected);
      assert.ok(decodesH264 || offered.every((value) => value === "jpeg"));
    },
  ));
});
