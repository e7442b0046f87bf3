import assert from "node:assert/strict";
import { NalType, nalTypeOf, nalUnitsOf } from "@porthole/protocol";
import fc from "fast-check";
import { accessUnitsOf, configurationOf, h264Flv } from "../testing/fixtures.ts";
import {
  buildDecoderConfiguration,
  inBandParameterSets,
  type ParameterSets,
  parseDecoderConfiguration,
  sameParameterSets,
} from "./decoder_configuration.ts";

/** The parameter sets stand in each keyframe, as cameras send them. */
const IN_BAND = ["-bsf:v", "dump_extra=freq=keyframe"];
const HIGH = ["-preset", "veryfast", "-profile:v", "high"];
const MAIN = ["-preset", "veryfast", "-profile:v", "main"];
const short = { seconds: 1, size: "320x180" };

Deno.test("sets taken apart and put together again are FFmpeg's own record", async () => {
  for (const args of [[], MAIN]) {
    const config = configurationOf(await h264Flv({ ...short, args }));
    const sets = parseDecoderConfiguration(config);
    assert.deepEqual([sets.sps.length, sets.pps.length], [1, 1]);
    assert.deepEqual(buildDecoderConfiguration(sets), config);
  }
});

Deno.test("of the High profiles only the trailer is missing, which repeats the SPS", async () => {
  const config = configurationOf(await h264Flv({ ...short, args: HIGH }));
  const built = buildDecoderConfiguration(parseDecoderConfiguration(config));
  assert.deepEqual(built, config.slice(0, built.byteLength));
  assert.equal(config.byteLength - built.byteLength, 4);
});

Deno.test("what was put together is taken apart the same, whatever the sets", () => {
  const nal = (type: number) =>
    fc.uint8Array({ minLength: 4, maxLength: 300 }).map((bytes) => Uint8Array.of(type, ...bytes));
  const sets = fc.record({
    sps: fc.array(nal(0x67), { minLength: 1, maxLength: 31 }),
    pps: fc.array(nal(0x68), { minLength: 1, maxLength: 255, size: "small" }),
  });
  fc.assert(fc.property(sets, (sets: ParameterSets) => {
    const config = buildDecoderConfiguration(sets);
    const parsed = parseDecoderConfiguration(config);
    assert.ok(sameParameterSets(parsed, sets));
    assert.deepEqual(config.subarray(1, 4), sets.sps[0]?.subarray(1, 4));
  }));
});

Deno.test("sets are the same only if each one is, byte by byte", () => {
  const one = { sps: [Uint8Array.of(0x67, 1, 2, 3)], pps: [Uint8Array.of(0x68, 1)] };
  assert.ok(sameParameterSets(one, structuredClone(one)));
  const others: ParameterSets[] = [
    { ...one, sps: [Uint8Array.of(0x67, 1, 2, 4)] },
    { ...one, sps: [Uint8Array.of(0x67, 1, 2, 3, 0)] },
    { ...one, pps: [Uint8Array.of(0x68, 2)] },
    { ...one, pps: [...one.pps, ...one.pps] },
    { ...one, sps: [] },
  ];
  for (const other of others) {
    assert.ok(!sameParameterSets(one, other) && !sameParameterSets(other, one));
  }
});

Deno.test("a camera's in-band sets are those of the record", async () => {
  const flv = await h264Flv({ ...short, args: IN_BAND });
  const [first, second] = accessUnitsOf(flv);
  assert.ok(first !== undefined && second !== undefined);
  const types = [...nalUnitsOf(first.data)].map(nalTypeOf);
  assert.ok(types.includes(NalType.sps), "the source has them in band");
  const sets = inBandParameterSets(first.data);
  assert.ok(sets !== undefined);
  assert.ok(sameParameterSets(sets, parseDecoderConfiguration(configurationOf(flv))));
  assert.equal(inBandParameterSets(second.data), undefined, "a delta frame has none");
});

Deno.test("an SPS without a PPS, or the other way round, is not enough to decode by", () => {
  const sps = [0, 0, 0, 4, 0x67, 0x42, 0xc0, 0x1e];
  const pps = [0, 0, 0, 2, 0x68, 0xce];
  assert.equal(inBandParameterSets(Uint8Array.from(sps)), undefined);
  assert.equal(inBandParameterSets(Uint8Array.from(pps)), undefined);
  assert.notEqual(inBandParameterSets(Uint8Array.from([...sps, ...pps])), undefined);
  const stump = [0, 0, 0, 2, 0x67, 0x42];
  assert.equal(inBandParameterSets(Uint8Array.from([...stump, ...pps])), undefined);
});

Deno.test("more sets than a record can hold are left alone", () => {
  const many = (nal: number[], count: number) => Array(count).fill(nal).flat();
  const sps = [0, 0, 0, 4, 0x67, 0x42, 0xc0, 0x1e];
  const pps = [0, 0, 0, 2, 0x68, 0xce];
  const setsOf = (bytes: number[]) => inBandParameterSets(Uint8Array.from(bytes));
  assert.equal(setsOf([...many(sps, 31), ...many(pps, 255)])?.pps.length, 255);
  assert.equal(setsOf([...many(sps, 32), ...pps]), undefined);
  assert.equal(setsOf([...sps, ...many(pps, 256)]), undefined);
});

Deno.test("a record that is cut short is refused wherever it is cut", async () => {
  const config = buildDecoderConfiguration(
    parseDecoderConfiguration(configurationOf(await h264Flv(short))),
  );
  for (let length = 0; length < config.byteLength; length++) {
    assert.throws(() => parseDecoderConfiguration(config.subarray(0, length)), RangeError);
  }
  assert.throws(() => buildDecoderConfiguration({ sps: [], pps: [] }), RangeError);
});

Deno.test("what no record can hold is not put into one", () => {
  const sps = Uint8Array.of(0x67, 0x42, 0xc0, 0x0a);
  const pps = Uint8Array.of(0x68);
  const long = new Uint8Array(0x10000).fill(0x68);
  assert.throws(() => buildDecoderConfiguration({ sps: [], pps: [pps] }), RangeError);
  assert.throws(
    () => buildDecoderConfiguration({ sps: [sps.subarray(0, 3)], pps: [pps] }),
    RangeError,
  );
  assert.throws(() => buildDecoderConfiguration({ sps: [sps], pps: [long] }), RangeError);
});
