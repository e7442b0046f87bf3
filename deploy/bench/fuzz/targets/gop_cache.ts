import {
  type EncodedFrame,
  type Frame,
  GopCache,
  isKeyframe,
  MAX_GOP_BYTES,
  MAX_GOP_FRAMES,
  MAX_GOP_MS,
} from "@porthole/protocol";
import { DELTA_ACCESS_UNIT } from "../../../../protocol/testdata/messages.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";
import { scriptOf, stepsOf } from "./script.ts";

const KEY = 1;
const STARTS_MS: readonly number[] = [0, 1_760_000_000_000, 2 ** 53 - 1];

/** `GopCache`: whatever keyframes, times and sizes come, what it keeps is a GOP within its bounds. */
export function gopCacheTarget(): FuzzTarget {
  return {
    name: "gop cache",
    perMille: 40,
    generate(random) {
      const length = random.chance(0.01) ? 3_000 : random.small(40);
      const keys = random.pick([0, 0.02, 0.3]);
      return scriptOf(Array.from({ length }, (_, index) => ({
        kind: index === 0 || random.chance(keys) ? KEY : random.pick([0, 2, 3, 4]),
        payload: Uint8Array.of(random.below(256), random.below(256)),
      })));
    },
    run(input, random) {
      const cache = new GopCache();
      let timestamp = random.pick(STARTS_MS);
      for (const { kind, payload: [a = 0, b = 0] } of stepsOf(input)) {
        if (kind === 2) timestamp += a * 16;
        if (kind === 3) timestamp = Math.max(0, timestamp - a * b);
        const size = kind === 4 ? a * 64 * 1024 : 64 + b;
        cache.add(encoded({ timestamp, key: kind === KEY }, size));
        assertWhole(cache);
      }
      return ACCEPTED;
    },
  };
}

function assertWhole({ frames, bytes }: GopCache): void {
  const [first] = frames;
  promise(first === undefined || isKeyframe(first.frame), "it does not start with a keyframe");
  promise(frames.slice(1).every(({ frame }) => !isKeyframe(frame)), "a keyframe inside");
  promise(bytes <= MAX_GOP_BYTES, `${bytes} bytes kept`);
  promise(frames.length <= MAX_GOP_FRAMES, `${frames.length} frames kept`);
  const times = frames.map(({ frame }) => frame.timestamp);
  promise(times.every((ms) => ms - (times[0] ?? 0) <= MAX_GOP_MS), "more time than is kept");
}

/** `bytes` claims a size without having it. */
function encoded(fields: Pick<Frame, "timestamp" | "key">, byteLength: number): EncodedFrame {
  const frame = { ...fields, width: 32, height: 16, codec: "avc1.42c00a", data: DELTA_ACCESS_UNIT };
  return { frame, bytes: ROOM.subarray(0, byteLength) };
}

const ROOM = new Uint8Array(256 * 64 * 1024);
