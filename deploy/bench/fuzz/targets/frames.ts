import {
  codecOf,
  decodeMessage,
  isJpeg,
  jpegSize,
  MAX_DIMENSION_PX,
  MessageEncoder,
  nalUnitsOf,
} from "@porthole/protocol";
import { parseFrame } from "@porthole/protocol/schema";
import { GOLDEN_FRAMES } from "../corpus.ts";
import { anyMap, likeMessage } from "../messagepack.ts";
import { mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf, sameBytes } from "../target.ts";

/** `parseFrame` behind `decodeMessage`: what is taken is a frame that every viewer can rely on. */
export function framesTarget(): FuzzTarget {
  const encoder = new MessageEncoder();
  return {
    name: "frames",
    perMille: 100,
    generate(random) {
      if (random.chance(0.1)) return anyMap(random);
      const fields = { ...random.pick(GOLDEN_FRAMES) };
      if (random.chance(0.3) && fields["data"] instanceof Uint8Array) {
        fields["data"] = mutate(fields["data"], random);
      }
      if (random.chance(0.2) && fields["config"] instanceof Uint8Array) {
        fields["config"] = mutate(fields["config"], random);
      }
      const bytes = likeMessage(fields, random);
      return random.chance(0.1) ? mutate(bytes, random) : bytes;
    },
    run(input) {
      let frame;
      try {
        frame = parseFrame(decodeMessage(input));
      } catch (error) {
        return refusalOf(
          error,
          ...["malformed", "too_large", "too_deep", "invalid_frame"] as const,
          ...["invalid_jpeg", "invalid_access_unit"] as const,
        );
      }
      for (const px of [frame.width, frame.height]) {
        promise(Number.isInteger(px) && px >= 1 && px <= MAX_DIMENSION_PX, `${px} px`);
      }
      for (const count of [frame.timestamp, frame.seq ?? 0]) {
        promise(Number.isSafeInteger(count) && count >= 0, `${count} is no uint`);
      }
      if (isJpeg(frame)) {
        const { width, height } = jpegSize(frame.data);
        promise(width === frame.width && height === frame.height, "another size than the JPEG's");
      } else {
        const codec = codecOf(frame);
        promise(/^(avc1\.[0-9a-f]{6}$|hvc1\.[A-C]?\d)/i.test(codec), `codec ${codec}`);
        promise([...nalUnitsOf(frame.data)].length > 0, "no NAL unit");
        promise(frame.key !== true || frame.config !== undefined, "a keyframe without config");
      }
      const again = encoder.encode(frame);
      promise(sameBytes(encoder.encode(parseFrame(decodeMessage(again))), again), "not stable");
      return ACCEPTED;
    },
  };
}
