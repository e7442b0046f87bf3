import * as fc from "fast-check";
import assert from "node:assert/strict";
import { type LinkFacts, Qos, type QosDecision } from "./qos.ts";
import type { RenditionOption } from "./rendition_ladder.ts";
import type { ViewerWish } from "./viewer_wish.ts";

const MAIN: RenditionOption = {
  ...{ name: "main", isRunning: true, isJpeg: false },
  ...{ kbps: 4_000, fps: 30, widthPx: 1280, heightPx: 720 },
};
const LOW: RenditionOption = {
  ...{ name: "low", isRunning: true, isJpeg: false },
  ...{ kbps: 400, fps: 30, widthPx: 640, heightPx: 360 },
};
const LOW_ON_DEMAND: RenditionOption = { name: "low", isRunning: false, isJpeg: false };
const JPEG: RenditionOption = {
  ...{ name: "jpeg", isRunning: true, isJpeg: true },
  ...{ kbps: 20_000, fps: 30, widthPx: 1280, heightPx: 720 },
};
const JPEG_ON_DEMAND: RenditionOption = { name: "jpeg", isRunning: false, isJpeg: true };
const ALL = [MAIN, LOW_ON_DEMAND, JPEG_ON_DEMAND];
const SOURCE: RenditionOption = { ...MAIN, name: "source", isH265: true, kbps: 2_000 };
/** As large as the source, as far as is known. */
const MAIN_ON_DEMAND: RenditionOption = {
  ...{ name: "main", isRunning: false, isJpeg: false, widthPx: 1280, heightPx: 720 },
};
const OF_H265 = [SOURCE, MAIN_ON_DEMAND, LOW_ON_DEMAND, JPEG_ON_DEMAND];
const WITH_H265 = { decodesH265: true };
const WISH: ViewerWish = { decodesH264: true, selected: "auto" };
const FINE: LinkFacts = { lateMs: 0, discarded: 0, undecoded: 0 };
const LOST: LinkFacts = { ...FINE, discarded: 5 };
const TICK_MS = 250;

interface Case {
  readonly name: string;
  readonly wish?: Partial<ViewerWish>;
  readonly options: readonly RenditionOption[];
  readonly expected: string;
  readonly reason: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "main when it runs",
    options: [MAIN, LOW, JPEG],
    expected: "main",
    reason: /best there is/,
  },
  { name: "main while nothing runs", options: [], expected: "main", reason: /waiting/ },
  {
    name: "main, not what is only offered while the camera has not come",
    options: [LOW_ON_DEMAND, JPEG_ON_DEMAND],
    expected: "main",
    reason: /waiting/,
  },
  {
    name: "the JPEG of a camera that is published as JPEG alone",
    options: [JPEG],
    expected: "jpeg",
    reason: /published as JPEG/,
  },
  {
    name: "main that is opened on demand, whatever else runs",
    options: [JPEG, { ...MAIN_ON_DEMAND, opensCamera: true }, LOW_ON_DEMAND],
    expected: "main",
    reason: /best there is/,
  },
  {
    name: "no H.264 that would be made of a camera's own picture that has not come",
    options: [JPEG, MAIN_ON_DEMAND, LOW_ON_DEMAND],
    expected: "jpeg",
    reason: /./,
  },
  {
    name: "JPEG without H.264",
    wish: { decodesH264: false },
    options: ALL,
    expected: "jpeg",
    reason: /JPEG only/,
  },
  {
    name: "JPEG without H.264, also before there is any",
    wish: { decodesH264: false },
    options: [],
    expected: "jpeg",
    reason: /JPEG only/,
  },
  {
    name: "what was selected by hand",
    wish: { selected: "low" },
    options: ALL,
    expected: "low",
    reason: /by hand/,
  },
  {
    name: "JPEG selected by hand",
    wish: { selected: "jpeg" },
    options: ALL,
    expected: "jpeg",
    reason: /by hand/,
  },
  {
    name: "the camera's own H.265 where the browser plays it",
    wish: WITH_H265,
    options: OF_H265,
    expected: "source",
    reason: /^best there is$/,
  },
  {
    name: "the H.265 although the H.264 that is made of it runs, and is of more bits",
    wish: WITH_H265,
    options: [MAIN, SOURCE, LOW, JPEG],
    expected: "source",
    reason: /^best there is$/,
  },
  {
    name: "H.264 made of H.265 where the browser does not play that",
    options: OF_H265,
    expected: "main",
    reason: /the camera sends H.265/,
  },
  {
    name: "H.264 of H.265 selected by hand",
    wish: { ...WITH_H265, selected: "main" },
    options: OF_H265,
    expected: "main",
    reason: /by hand/,
  },
  {
    name: "the best instead of H.265 selected by a browser that does not play it",
    wish: { selected: "source" },
    options: OF_H265,
    expected: "main",
    reason: /the camera sends H.265/,
  },
  {
    name: "low for a small tile of an H.265 camera, with no H.264 of full size made before",
    wish: { maxWidthPx: 640 },
    options: OF_H265,
    expected: "low",
    reason: /own limits/,
  },
  {
    name: "low for a small tile of an H.265 camera where the browser plays that",
    wish: { ...WITH_H265, maxWidthPx: 640 },
    options: OF_H265,
    expected: "low",
    reason: /own limits/,
  },
  {
    name: "H.264 of H.265 within what it is made to need",
    wish: { maxKbps: 4_000 },
    options: OF_H265,
    expected: "main",
    reason: /the camera sends H.265/,
  },
  {
    name: "JPEG of H.265 without H.264",
    wish: { decodesH264: false },
    options: OF_H265,
    expected: "jpeg",
    reason: /JPEG only/,
  },
  {
    name: "H.265 that has yet to come, told by that H.264 is made",
    wish: WITH_H265,
    options: [{ ...MAIN_ON_DEMAND }, LOW_ON_DEMAND],
    expected: "source",
    reason: /waiting/,
  },
  {
    name: "H.264 that has yet to come, where nothing is known",
    wish: WITH_H265,
    options: [LOW_ON_DEMAND],
    expected: "main",
    reason: /waiting/,
  },
  {
    name: "JPEG of a camera that is published as H.265 alone by a browser without it",
    options: [{ ...SOURCE, name: "main" }, JPEG],
    expected: "jpeg",
    reason: /the camera sends H.265/,
  },
  {
    name: "the best instead of a selection that is not there",
    wish: { selected: "4k" },
    options: ALL,
    expected: "main",
    reason: /best there is/,
  },
  {
    name: "JPEG instead of a selection that the viewer cannot play",
    wish: { selected: "main", decodesH264: false },
    options: ALL,
    expected: "jpeg",
    reason: /JPEG only/,
  },
  {
    name: "low for a viewer that takes 500 kbps",
    wish: { maxKbps: 500 },
    options: ALL,
    expected: "low",
    reason: /own limits/,
  },
  {
    name: "low for a small screen",
    wish: { maxWidthPx: 800 },
    options: [MAIN, LOW],
    expected: "low",
    reason: /own limits/,
  },
  {
    name: "the least there is for a viewer that takes less still",
    wish: { maxKbps: 10 },
    options: [MAIN, LOW],
    expected: "low",
    reason: /own limits/,
  },
];
for (const { name, wish, options, expected, reason } of CASES) {
  Deno.test(`a viewer gets ${name}`, () => {
    const decision = new Qos(0).decide({ wish: { ...WISH, ...wish }, options, link: FINE }, 0);
    assert.equal(decision.rendition, expected);
    assert.match(decision.reason, reason);
  });
}

Deno.test("maxFps thins JPEGs, and nothing else", () => {
  const fpsOf = (decodesH264: boolean) =>
    new Qos(0).decide({
      wish: { decodesH264, selected: "auto", maxFps: 5 },
      options: ALL,
      link: FINE,
    }, 0)
      .maxFps;
  assert.deepEqual([fpsOf(false), fpsOf(true)], [5, 0]);
});

/** A viewer on a link of a rate that may change, as Qos sees it: late and losing when it is too slow. */
class SimulatedViewer {
  readonly qos: Qos;
  readonly switches: { readonly atMs: number; readonly to: string }[] = [];
  probes = 0;
  #nowMs = 0;
  #backlogKbit = 0;
  decision: QosDecision;

  constructor(public linkKbps: number, readonly wish: ViewerWish = WISH) {
    this.qos = new Qos(0);
    this.decision = this.qos.decide({ wish, options: ALL, link: FINE }, 0);
  }

  run(seconds: number): void {
    for (const endMs = this.#nowMs + seconds * 1000; this.#nowMs < endMs;) this.#tick();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  #tick(): void {
    this.#nowMs += TICK_MS;
    const kbps = this.decision.rendition === "main" ? 4_000 : 400;
    const lateMs = this.#backlogKbit / this.linkKbps * 1000;
    const isOver = lateMs > 500;
    const inflow = isOver ? 0 : kbps * TICK_MS / 1000;
    this.#backlogKbit = Math.max(0, this.#backlogKbit + inflow - this.linkKbps * TICK_MS / 1000);
    const facts = {
      wish: this.wish,
      options: [MAIN, LOW],
      link: { lateMs, discarded: isOver ? 7 : 0, undecoded: 0 },
    };
    const before = this.decision.rendition;
    this.decision = this.qos.decide(facts, this.#nowMs);
    const to = this.decision.rendition;
    if (to !== before) this.switches.push({ atMs: this.#nowMs, to });
    if (this.qos.wantedProbeKbps(facts, this.#nowMs) === undefined) return;
    this.probes++;
    this.qos.probed(this.linkKbps, this.#nowMs);
  }
}

Deno.test("a link that is squeezed: down within a second of trouble, back up soon after its end", () => {
  const viewer = new SimulatedViewer(20_000);
  viewer.run(10);
  assert.equal(viewer.switches.length, 0);
  viewer.linkKbps = 2_000;
  viewer.run(30);
  assert.deepEqual(viewer.switches.map(({ to }) => to), ["low"]);
  assert.ok((viewer.switches[0]?.atMs ?? Infinity) <= 11_500, JSON.stringify(viewer.switches));
  assert.match(viewer.decision.reason, /link is too slow/);
  const releasedMs = viewer.nowMs;
  viewer.linkKbps = 20_000;
  viewer.run(60);
  assert.deepEqual(viewer.switches.map(({ to }) => to), ["low", "main"]);
  const backMs = (viewer.switches[1]?.atMs ?? Infinity) - releasedMs;
  assert.ok(backMs <= 10_000, `back after ${backMs} ms`);
});

Deno.test("a steady link of any rate: few changes however long, and the right rendition in the end", () => {
  fc.assert(
    fc.property(fc.integer({ min: 450, max: 12_000 }), (linkKbps) => {
      const viewer = new SimulatedViewer(linkKbps);
      viewer.run(600);
      assert.ok(viewer.switches.length <= 1, JSON.stringify(viewer.switches));
      if (linkKbps >= 5_000) assert.equal(viewer.decision.rendition, "main");
      if (linkKbps < 3_500) assert.equal(viewer.decision.rendition, "low");
    }),
    { numRuns: 60 },
  );
});

Deno.test("a link that falls behind is a retreat, once; a device that does is none", () => {
  for (const [trouble, expected] of [[LOST, true], [{ ...FINE, undecoded: 3 }, false]] as const) {
    const qos = new Qos(0);
    const decide = (link: LinkFacts, nowMs: number) =>
      qos.decide({ wish: WISH, options: [MAIN, LOW], link }, nowMs).isRetreat;
    assert.deepEqual([decide(FINE, 0), decide(trouble, 2_000), decide(trouble, 2_250)], [
      false,
      expected,
      false,
    ]);
  }
});

Deno.test("without head room for five seconds nothing is tried", () => {
  const qos = new Qos(0);
  const facts = (link: LinkFacts) => ({ wish: WISH, options: [MAIN, LOW], link });
  qos.decide(facts(FINE), 0);
  assert.equal(qos.decide(facts(LOST), 1_000).rendition, "low");
  for (let nowMs = 1_250; nowMs < 60_000; nowMs += TICK_MS) {
    // A loss every four seconds.
    const link = nowMs % 4_000 === 0 ? LOST : FINE;
    assert.equal(qos.decide(facts(link), nowMs).rendition, "low");
    assert.equal(qos.wantedProbeKbps(facts(link), nowMs), undefined);
  }
});

Deno.test("where each try fails, the tries get rarer", () => {
  const qos = new Qos(0);
  let current = "main";
  const ups: number[] = [];
  for (let nowMs = 0; nowMs < 600_000; nowMs += TICK_MS) {
    const link = current === "main" && nowMs > 1_000 ? LOST : FINE;
    const facts = { wish: WISH, options: [MAIN, LOW], link };
    const { rendition } = qos.decide(facts, nowMs);
    if (rendition === "main" && current === "low") ups.push(nowMs);
    current = rendition;
    // A link that looks fast to every probe and is not.
    if (qos.wantedProbeKbps(facts, nowMs) !== undefined) qos.probed(100_000, nowMs);
  }
  const gaps = ups.slice(1).map((ms, index) => ms - (ups[index] ?? 0));
  assert.ok(ups.length <= 14, `${ups.length} tries in ten minutes`);
  assert.ok((gaps.at(-1) ?? 0) >= 60_000, JSON.stringify(gaps));
});

Deno.test("a device that does not decode in time gets less, is told so, and is not probed", () => {
  const qos = new Qos(0);
  const facts = (link: LinkFacts) => ({ wish: WISH, options: [MAIN, LOW], link });
  qos.decide(facts(FINE), 0);
  const decision = qos.decide(facts({ ...FINE, undecoded: 12 }), 2_000);
  assert.equal(decision.rendition, "low");
  assert.match(decision.reason, /device is too slow/);
  let upMs: number | undefined;
  for (let nowMs = 2_250; nowMs < 60_000; nowMs += TICK_MS) {
    assert.equal(qos.wantedProbeKbps(facts(FINE), nowMs), undefined);
    if (qos.decide(facts(FINE), nowMs).rendition === "main") upMs ??= nowMs;
  }
  assert.ok(upMs !== undefined && upMs >= 32_000 && upMs <= 33_000, `tried again at ${upMs} ms`);
});

Deno.test("lateness that passes at once is no reason to change", () => {
  const qos = new Qos(0);
  for (let nowMs = 0; nowMs < 60_000; nowMs += TICK_MS) {
    const link = { ...FINE, lateMs: nowMs % 1_000 === 0 ? 400 : 10 };
    assert.equal(qos.decide({ wish: WISH, options: ALL, link }, nowMs).rendition, "main");
  }
});

Deno.test("whoever lets go of a selection gets the best again at once", () => {
  const qos = new Qos(0);
  const decide = (selected: string, nowMs: number) =>
    qos.decide({ wish: { ...WISH, selected }, options: [MAIN, LOW], link: FINE }, nowMs).rendition;
  assert.deepEqual([decide("auto", 0), decide("low", 10), decide("auto", 20)], [
    "main",
    "low",
    "main",
  ]);
});

Deno.test("a selection is kept, whatever the link does", () => {
  const qos = new Qos(0);
  for (let nowMs = 0; nowMs < 30_000; nowMs += TICK_MS) {
    const facts = { wish: { ...WISH, selected: "main" }, options: [MAIN, LOW], link: LOST };
    assert.equal(qos.decide(facts, nowMs).rendition, "main");
    assert.equal(qos.wantedProbeKbps(facts, nowMs), undefined);
  }
});

Deno.test("a rendition that did not come is not waited for again for a minute", () => {
  const qos = new Qos(0);
  const facts = (link: LinkFacts) => ({ wish: WISH, options: [MAIN, LOW_ON_DEMAND], link });
  qos.decide(facts(FINE), 0);
  assert.equal(qos.decide(facts(LOST), 2_000).rendition, "low");
  qos.didNotCome("low", 10_000);
  assert.equal(qos.decide(facts(LOST), 10_250).rendition, "main");
  assert.equal(qos.decide(facts(LOST), 30_000).rendition, "main");
  assert.equal(qos.decide(facts(LOST), 71_000).rendition, "low");
});

Deno.test("a main of few bits is not given up for a low of more", () => {
  const qos = new Qos(0);
  const options = [{ ...MAIN, kbps: 300 }, LOW_ON_DEMAND];
  qos.decide({ wish: WISH, options, link: FINE }, 0);
  assert.equal(qos.decide({ wish: WISH, options, link: LOST }, 2_000).rendition, "main");
});

Deno.test("while the camera is away its rate of nothing makes low no better than main", () => {
  const qos = new Qos(0);
  const options = [{ ...MAIN, kbps: 0, fps: 0 }, LOW];
  assert.equal(qos.decide({ wish: WISH, options, link: FINE }, 0).rendition, "main");
});

Deno.test("a viewer that lifts its own limits gets the best at once, and less when it sets them", () => {
  const qos = new Qos(0);
  const tile = { ...WISH, maxWidthPx: 640, maxHeightPx: 360 };
  const decide = (wish: ViewerWish, nowMs: number) =>
    qos.decide({ wish, options: [MAIN, LOW], link: FINE }, nowMs).rendition;
  assert.equal(decide(tile, 0), "low");
  assert.equal(decide(WISH, 1), "main");
  assert.equal(decide(tile, 2), "low");
  assert.equal(decide(WISH, 3), "main");
});

Deno.test("a viewer of H.265 that falls behind gets low, not H.264 of as many bits, and goes back", () => {
  const qos = new Qos(0);
  const options = [SOURCE, MAIN_ON_DEMAND, LOW, JPEG_ON_DEMAND];
  const wish = { ...WISH, ...WITH_H265 };
  const decide = (link: LinkFacts, nowMs: number) =>
    qos.decide({ wish, options, link }, nowMs).rendition;
  assert.deepEqual([decide(FINE, 0), decide(LOST, 2_000)], ["source", "low"]);
  assert.equal(qos.wantedProbeKbps({ wish, options, link: FINE }, 7_000), 2_500);
  qos.probed(2_500, 7_000);
  assert.deepEqual([decide(FINE, 6_900), decide(FINE, 7_000)], ["low", "source"]);
});

Deno.test("H.264 of H.265 is gone back to although nobody has it made by then", () => {
  const qos = new Qos(0);
  const facts = (link: LinkFacts, main: RenditionOption) => ({
    ...{ wish: WISH, link, options: [SOURCE, main, LOW, JPEG_ON_DEMAND] },
  });
  assert.equal(qos.decide(facts(FINE, MAIN), 0).rendition, "main");
  assert.equal(qos.decide(facts(LOST, MAIN), 2_000).rendition, "low");
  const gone = facts(FINE, MAIN_ON_DEMAND);
  assert.equal(qos.wantedProbeKbps(gone, 7_000), 5_000);
  qos.probed(5_000, 7_000);
  assert.equal(qos.decide(gone, 7_000).rendition, "main");
});

Deno.test("a device that turns out not to play H.265 gets H.264 of it at once", () => {
  const qos = new Qos(0);
  const decide = (wish: ViewerWish, nowMs: number) =>
    qos.decide({ wish, options: OF_H265, link: FINE }, nowMs).rendition;
  assert.equal(decide({ ...WISH, ...WITH_H265 }, 0), "source");
  assert.equal(decide(WISH, 100), "main");
  assert.equal(decide({ ...WISH, ...WITH_H265 }, 200), "source");
});
