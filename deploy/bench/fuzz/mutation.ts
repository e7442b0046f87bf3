import type { Random } from "./random.ts";

/** Lengths, counts and signs turn at these. */
const EDGES: readonly number[] = [0, 1, 2, 0x7f, 0x80, 0x81, 0xc0, 0xc1, 0xfe, 0xff];
const EDGES_32: readonly number[] = [
  ...[0, 1, 4, 0x7f, 0xff, 0x100, 0xffff, 0x10000],
  ...[8 * 1024 * 1024, 8 * 1024 * 1024 + 1, 0x7fffffff, 0x80000000, 0xffffffff],
];
const MOST_STEPS = 6;
const LONGEST_RUN_BYTES = 64;

type Step = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const STEPS: readonly Step[] = [
  function flipBit(bytes, random) {
    const at = random.below(bytes.byteLength);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.byteLength)] = random.pick(EDGES);
    return bytes;
  },
  function setAnyByte(bytes, random) {
    bytes[random.below(bytes.byteLength)] = random.below(256);
    return bytes;
  },
  function setNumber(bytes, random) {
    const length = random.pick([2, 3, 4, 8]);
    if (bytes.byteLength < length) return bytes;
    const value = random.pick(EDGES_32);
    const at = random.below(bytes.byteLength - length + 1);
    for (let index = 0; index < length; index++) {
      bytes[at + length - 1 - index] = Math.floor(value / 256 ** index) & 0xff;
    }
    return bytes;
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, random.below(bytes.byteLength));
  },
  function takeOut(bytes, random) {
    const [from, to] = range(bytes, random);
    return concatenate([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  function repeat(bytes, random) {
    const [from, to] = range(bytes, random);
    const part = bytes.subarray(from, to);
    const times = 1 + random.small(20);
    return concatenate([
      bytes.subarray(0, to),
      ...Array.from({ length: times }, () => part),
      bytes.subarray(to),
    ]);
  },
  function insert(bytes, random) {
    const at = random.below(bytes.byteLength + 1);
    const part = random.bytes(1 + random.small(LONGEST_RUN_BYTES));
    return concatenate([bytes.subarray(0, at), part, bytes.subarray(at)]);
  },
  function splice(bytes, random, other) {
    const at = random.below(bytes.byteLength + 1);
    return concatenate([bytes.subarray(0, at), other.subarray(random.below(other.byteLength))]);
  },
];

/** A copy of `bytes` with a few things wrong; `other` is what parts are borrowed from. */
export function mutate(bytes: Uint8Array, random: Random, other = bytes): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  const steps = 1 + random.small(MOST_STEPS);
  for (let step = 0; step < steps; step++) mutated = random.pick(STEPS)(mutated, random, other);
  return mutated;
}

/** `bytes` in copies of pieces, cut at random: whole, in halves, in crumbs, byte by byte. */
export function chunked(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer>[] {
  const largest = random.pick([1, 3, 16, 200, 4096, bytes.byteLength + 1]);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let offset = 0; offset < bytes.byteLength;) {
    const end = offset + 1 + random.below(largest);
    chunks.push(new Uint8Array(bytes.subarray(offset, end)));
    offset = end;
    if (random.chance(0.01)) chunks.push(new Uint8Array(0));
  }
  return chunks;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

function range(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(bytes.byteLength);
  return [from, Math.min(bytes.byteLength, from + 1 + random.small(LONGEST_RUN_BYTES))];
}
