import {
  configurationOf,
  ffmpeg,
  h264Flv,
  H265_B_FRAMES,
  h265Nut,
} from "../../../producer/testing/fixtures.ts";
import {
  FRAMES,
  INGEST_TO_PRODUCER_MESSAGES,
  PRODUCER_MESSAGES,
  VIEWER_MESSAGES,
} from "../../../protocol/testdata/messages.ts";
import {
  type AcceptedVector,
  readVectors,
  type RejectedVector,
  type Vector,
} from "../../../protocol/testdata/vector.ts";
import type { Random } from "./random.ts";

const VECTOR_FILES = [
  "frames.json",
  "viewer_messages.json",
  "messages_to_viewers.json",
  "producer_messages.json",
  "messages_to_producers.json",
];

/** The golden vectors' bytes, those included that must be refused. */
export function goldenBytes(): readonly Uint8Array[] {
  const files = VECTOR_FILES.flatMap((file) => readVectors<Vector>(file));
  const all = [
    ...files,
    ...readVectors<AcceptedVector>("accepted.json"),
    ...readVectors<RejectedVector>("rejected.json"),
  ];
  return (all.map(({ bytes }) => Uint8Array.fromHex(bytes)));
}

type Fields = Readonly<Record<string, unknown>>;

/** The golden messages as objects, by the direction they go. */
export const GOLDEN_FRAMES: readonly Fields[] = fieldsOf(FRAMES);
export const GOLDEN_VIEWER_MESSAGES: readonly Fields[] = fieldsOf(VIEWER_MESSAGES);
export const GOLDEN_PRODUCER_MESSAGES: readonly Fields[] = fieldsOf(PRODUCER_MESSAGES);
export const GOLDEN_MESSAGES_TO_PRODUCERS: readonly Fields[] = fieldsOf(
  INGEST_TO_PRODUCER_MESSAGES,
);

function fieldsOf(messages: Readonly<Record<string, object>>): readonly Fields[] {
  return (Object.values(messages).map((message): Fields => ({ ...message })));
}

/** Small clips of several profiles, sizes and slices, as FFmpeg writes them. */
export async function flvClips(): Promise<readonly Uint8Array[]> {
  const base = { size: "64x48", fps: 10, seconds: 0.5, gopFrames: 3 };
  const variants = [[], ["-profile:v", "high", "-g", "1"], [
    "-x264-params",
    "slices=3:repeat-headers=1",
  ]];
  return (await Promise.all(variants.map((args) => h264Flv({ ...base, args }))));
}

/** H.265 of a camera. */
export async function nutClips(): Promise<readonly Uint8Array[]> {
  const base = { size: "64x64", fps: 10, seconds: 0.5, gopFrames: 3 };
  const variants = [[], H265_B_FRAMES, ["-pix_fmt", "yuv420p10le"]];
  return await Promise.all(variants.map((args) => h265Nut({ ...base, args })));
}

export async function decoderConfigurations(): Promise<readonly Uint8Array[]> {
  return ((await flvClips()).map(configurationOf));
}

export async function smjpegClips(): Promise<readonly Uint8Array[]> {
  const clip = (...args: string[]) =>
    ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=0.4", "-c:v", "mjpeg"],
      ...[...args, "-f", "smjpeg", "pipe:1"],
    ]);
  return (await Promise.all([clip(), clip("-q:v", "31")]));
}

/** One of `corpus` and another, to borrow from. */
export function pair<T>(corpus: readonly T[], random: Random): [T, T] {
  return [random.pick(corpus), random.pick(corpus)];
}
