import { jpegSize } from "@porthole/protocol";
import { jpegData } from "../../../../ingest/testing/frames.ts";
import { TINY_JPEG } from "../../../../protocol/testdata/messages.ts";
import { mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf } from "../target.ts";

/** `jpegSize`: a JPEG's markers. */
export function jpegTarget(): FuzzTarget {
  return {
    name: "jpeg",
    perMille: 60,
    generate(random) {
      const jpeg = random.chance(0.5) ? TINY_JPEG : jpegData(random.below(65_536), 16, 20);
      const spoilt = mutate(jpeg, random);
      // Most of what is spoilt is spoilt at its ends: those are put right again.
      if (spoilt.byteLength > 5 && random.chance(0.7)) {
        spoilt.set([0xff, 0xd8, 0xff]);
        spoilt.set([0xff, 0xd9], spoilt.byteLength - 2);
      }
      return spoilt;
    },
    run(input) {
      try {
        const { width, height } = jpegSize(input);
        for (const px of [width, height]) {
          promise(Number.isInteger(px) && px >= 0 && px <= 0xffff, `${px} px`);
        }
        return ACCEPTED;
      } catch (error) {
        return refusalOf(error, "invalid_jpeg");
      }
    },
  };
}
