import { codecStringOf, nalTypeOf, nalUnitsOf } from "@porthole/protocol";
import { DELTA_ACCESS_UNIT, KEYFRAME_ACCESS_UNIT } from "../../../../protocol/testdata/messages.ts";
import { concatenate, mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf, sameBytes } from "../target.ts";

/** `nalUnitsOf` and `codecStringOf`. */
export function accessUnitTarget(): FuzzTarget {
  return {
    name: "access unit",
    perMille: 60,
    generate(random) {
      const units = Array.from(
        { length: 1 + random.small(4) },
        () => random.pick([DELTA_ACCESS_UNIT, KEYFRAME_ACCESS_UNIT]),
      );
      return random.chance(0.1)
        ? random.bytes(random.small(60))
        : mutate(concatenate(units), random);
    },
    run(input) {
      try {
        promise(/^avc1\.[0-9a-f]{6}$/.test(codecStringOf(input)), "no codec string");
      } catch (error) {
        refusalOf(error, "invalid_access_unit");
      }
      try {
        const nals = [...nalUnitsOf(input)];
        promise(
          nals.every((nal) => nal.byteLength > 0 && nalTypeOf(nal) < 32),
          "an empty NAL unit",
        );
        const joined = concatenate(nals.flatMap((nal) => {
          const length = new Uint8Array(4);
          new DataView(length.buffer).setUint32(0, nal.byteLength);
          return [length, nal];
        }));
        promise(sameBytes(joined, input), "the NAL units are not all of it");
        return ACCEPTED;
      } catch (error) {
        return refusalOf(error, "invalid_access_unit");
      }
    },
  };
}
