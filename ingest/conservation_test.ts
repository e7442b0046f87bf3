import * as fc from "fast-check";
import assert from "node:assert/strict";
import { type Rendition, RENDITIONS, WatchedStream } from "./testing/watched_stream.ts";

type Step =
  | { readonly do: "produce"; of: Rendition; key: boolean; bytes: number }
  | { readonly do: "discard"; of: Rendition; count: number }
  | { readonly do: "ack" | "connect"; part: number }
  | { readonly do: "drain"; bytes: number }
  | { readonly do: "wait"; ms: number }
  | { readonly do: "select"; rendition: string }
  | { readonly do: "pause" | "resume" | "disconnect" | "replace" };

function take(stream: WatchedStream, step: Step): void {
  switch (step.do) {
    case "produce":
      return stream.produce(step.of, step.key, step.bytes);
    case "discard":
      return stream.discard(step.of, step.count);
    case "ack":
      return stream.ack(step.part);
    case "drain":
      return stream.drain(step.bytes);
    case "wait":
      return stream.wait(step.ms);
    case "select":
      return stream.say({ type: "select", rendition: step.rendition });
    case "pause":
      return stream.pause();
    case "resume":
      return stream.say({ type: "resume" });
    case "connect":
      return stream.connect(step.part);
    case "disconnect":
      return stream.disconnect();
    case "replace":
      return stream.replace();
  }
}

const of = fc.constantFrom(...RENDITIONS);
/** Often all of it. */
const part = fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }));
const doing = <const D extends string>(it: D) => fc.constant(it);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: doing("produce"),
      of,
      key: fc.nat(5).map((chance) => chance === 0),
      bytes: fc.constantFrom(100, 5_000, 60_000),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: doing("ack"), part }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: doing("drain"),
      bytes: fc.oneof(fc.constant(10_000_000), fc.nat(300_000)),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: doing("wait"), ms: fc.nat(400) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: doing("select"),
      rendition: fc.constantFrom("auto", ...RENDITIONS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: doing("discard"), of, count: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: doing("resume") }) },
  { weight: 1, arbitrary: fc.record({ do: doing("pause") }) },
  { weight: 2, arbitrary: fc.record({ do: doing("connect"), part }) },
  { weight: 1, arbitrary: fc.record({ do: doing("disconnect") }) },
  { weight: 1, arbitrary: fc.record({ do: doing("replace") }) },
);

Deno.test("what is published while a viewer is on it is sent to it or told to be discarded", () => {
  const cacheBytes = fc.constantFrom(Infinity, 1_000_000, 200_000);
  const steps = fc.array(step, { maxLength: 150, size: "max" });
  fc.assert(
    fc.property(steps, cacheBytes, (steps, cacheBytes) => {
      using stream = new WatchedStream(cacheBytes);
      for (const each of steps) {
        take(stream, each);
        const { told, lost, lacking } = stream.ledger;
        assert.ok(told <= lost + lacking, `${told} are told, ${lost} and ${lacking} are lacking`);
      }
      stream.settle();
      const { told, lost, lacking } = stream.ledger;
      assert.ok(stream.isOpen);
      assert.equal(told, lost + lacking);
      assert.equal(stream.metrics.framesDiscarded, told);
      const byCause = Object.values(stream.metrics.discardedBy);
      assert.equal(byCause.reduce((sum, count) => sum + count, 0), told);
    }),
    { numRuns: 1_000, seed: 20_261_122 },
  );
});
