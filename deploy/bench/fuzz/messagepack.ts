import { concatenate } from "./mutation.ts";
import type { Random } from "./random.ts";

/** Names that messages have, that objects have, and that nothing has. */
const NAMES: readonly string[] = [
  ...["type", "seq", "rendition", "undecoded", "codecs", "maxKbps", "t0", "t1", "t2", "untilSeq"],
  ...["timestamp", "width", "height", "data", "codec", "key", "pts", "config", "state", "cause"],
  ...["code", "reason", "software", "renditions", "maxFps", "maxWidth", "maxHeight"],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "then"],
  ...["", "x", "\0", "𝒳", "length", "0", "-1", "toJSON"],
];
const WORDS: readonly string[] = [
  ...NAMES,
  ...["hello", "ack", "pause", "resume", "select", "clock", "bye", "replay", "status", "demand"],
  ...["jpeg", "main", "low", "auto", "avc1", "avc1.42c00a", "live", "connecting", "failed"],
  "x".repeat(32),
  "x".repeat(33),
  "x".repeat(501),
];
const NUMBERS: readonly number[] = [
  ...[0, 1, 16, 31, 32, 127, 128, 255, 256, 65_535, 65_536, 16_384, 16_385, 2 ** 31, 2 ** 32],
  ...[-1, -32, -33, -128, -129, -(2 ** 31), 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 0.5, -0, 1e300],
  ...[NaN, Infinity, -Infinity, 1_760_000_000_000],
];
const DEEPEST = 12;
const LONG_BIN_BYTES = 2_000;

/** A MessagePack value of any shape, in any of the formats that can hold it; not always right. */
export function anyValue(random: Random, depth = 0): Uint8Array {
  const kind = random.below(depth > DEEPEST ? 6 : 10);
  switch (kind) {
    case 0:
      return Uint8Array.of(random.pick([0xc0, 0xc2, 0xc3]));
    case 1:
    case 2:
      return anyNumber(random);
    case 3:
    case 4:
      return str(random.pick(WORDS), random);
    case 5:
      return random.chance(0.7)
        ? bin(random.bytes(random.small(LONG_BIN_BYTES)), random)
        : odd(random);
    case 6:
      return container(random, 0x90, 0xdc, members(random, depth));
    default:
      return anyMap(random, depth);
  }
}

/** A map with names and values that messages have, or others in their place. */
export function anyMap(random: Random, depth = 0): Uint8Array {
  const fields = random.small(12);
  const entries = Array.from({ length: fields }, () => [
    random.chance(0.97) ? str(random.pick(NAMES), random) : anyValue(random, depth + 1),
    anyValue(random, depth + 1),
  ]).flat();
  return container(random, 0x80, 0xde, entries, 2);
}

/** A map of the fields given, now and then with one missing, doubled, of another kind or unknown. */
export function likeMessage(fields: Readonly<Record<string, unknown>>, random: Random): Uint8Array {
  const entries = Object.entries(fields).flatMap(([name, value]) => {
    if (random.chance(0.04)) return [];
    const entry = [
      str(name, random),
      random.chance(0.1) ? anyValue(random, 1) : written(value, random),
    ];
    return random.chance(0.03) ? [...entry, ...entry] : entry;
  });
  if (random.chance(0.1)) entries.push(str(random.pick(NAMES), random), anyValue(random, 1));
  return container(random, 0x80, 0xde, entries, 2);
}

function written(value: unknown, random: Random): Uint8Array {
  if (typeof value === "string") return str(value, random);
  if (typeof value === "boolean") return Uint8Array.of(value ? 0xc3 : 0xc2);
  if (typeof value === "number") return number(value, random);
  if (value instanceof Uint8Array) return bin(value, random);
  if (Array.isArray(value)) {
    return container(random, 0x90, 0xdc, value.map((member) => written(member, random)));
  }
  return typeof value === "object" && value !== null
    ? likeMessage({ ...value }, random)
    : Uint8Array.of(0xc0);
}

function members(random: Random, depth: number): Uint8Array[] {
  // Seldom so many that the bound on values is passed.
  const count = random.chance(0.002) ? 3_000 + random.below(3_000) : random.small(12);
  return Array.from(
    { length: count },
    () =>
      count > 100 ? Uint8Array.of(random.pick([0xc0, 0x80, 0x90])) : anyValue(random, depth + 1),
  );
}

function container(
  random: Random,
  fix: number,
  wide: number,
  entries: readonly Uint8Array[],
  entriesOfOne: 1 | 2 = 1,
): Uint8Array {
  const claimed = random.chance(0.98)
    ? Math.floor(entries.length / entriesOfOne)
    : random.pick([0, 1, 15, 16, 65_535, 0x7fffffff, 0xffffffff]);
  const width = random.below(4);
  const head = claimed < 16 && width > 1
    ? Uint8Array.of(fix | claimed)
    : claimed < 0x10000 && width > 0
    ? Uint8Array.of(wide, claimed >> 8, claimed)
    : Uint8Array.of(wide + 1, claimed >>> 24, claimed >> 16, claimed >> 8, claimed);
  return concatenate([head, ...entries]);
}

function anyNumber(random: Random): Uint8Array {
  return number(random.chance(0.7) ? random.pick(NUMBERS) : random.uint32(), random);
}

function number(value: number, random: Random): Uint8Array {
  const isUint = Number.isSafeInteger(value) && value >= 0;
  if (!isUint || random.chance(0.2)) return float(value, random);
  if (value < 128 && random.chance(0.8)) return Uint8Array.of(value);
  const widths = [1, 2, 4, 8].filter((bytes) => value < 256 ** bytes);
  const bytes = widths[random.small(widths.length)] ?? 8;
  const body = Uint8Array.from(
    { length: bytes },
    (_, index) => Math.floor(value / 256 ** (bytes - 1 - index)) % 256,
  );
  return concatenate([Uint8Array.of(0xcc + Math.log2(bytes)), body]);
}

function float(value: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(random.chance(0.8) ? 9 : 5);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.byteLength === 9 ? 0xcb : 0xca;
  if (bytes.byteLength === 9) view.setFloat64(1, value);
  else view.setFloat32(1, value);
  return bytes;
}

function str(text: string, random: Random): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  // Not UTF-8, here and there.
  if (bytes.byteLength > 0 && random.chance(0.01)) bytes[random.below(bytes.byteLength)] = 0xff;
  return sized(bytes, random, 0xd9, bytes.byteLength < 32 ? 0xa0 : undefined);
}

function bin(bytes: Uint8Array, random: Random): Uint8Array {
  return sized(bytes, random, 0xc4);
}

/** Behind a length in 8, 16 or 32 bits, whichever can hold it; now and then a wrong one. */
function sized(bytes: Uint8Array, random: Random, first: number, fix?: number): Uint8Array {
  const length = random.chance(0.99)
    ? bytes.byteLength
    : random.pick([0, 255, 65_535, 2 ** 32 - 1]);
  if (fix !== undefined && length < 32 && random.chance(0.9)) {
    return concatenate([Uint8Array.of(fix | length), bytes]);
  }
  const width = length < 256 && random.chance(0.7)
    ? 0
    : length < 65_536 && random.chance(0.7)
    ? 1
    : 2;
  const head = [
    [first, length],
    [first + 1, length >> 8, length],
    [first + 2, length >>> 24, length >> 16, length >> 8, length],
  ][width] ?? [];
  return concatenate([Uint8Array.from(head), bytes]);
}

/** Extension types, and the byte that means nothing. */
function odd(random: Random): Uint8Array {
  const first = random.pick([0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8]);
  return concatenate([Uint8Array.of(first), random.bytes(random.small(24))]);
}
