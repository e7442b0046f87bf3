import { decodeMessage } from "@porthole/protocol";
import { parseViewerMessage } from "@porthole/protocol/schema";
import assert from "node:assert/strict";
import { plainAckOf } from "../../../../ingest/plain_ack.ts";
import { likeMessage } from "../messagepack.ts";
import { mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget } from "../target.ts";

/** `plainAckOf`: what it takes, the general way takes for the same. */
export function plainAckTarget(): FuzzTarget {
  return {
    name: "plain ack",
    perMille: 80,
    generate(random) {
      const fields = {
        type: "ack",
        seq: random.pick([0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, random.uint32()]),
        ...(random.chance(0.6) ? { rendition: random.pick(["main", "low", "jpeg", "x", ""]) } : {}),
        ...(random.chance(0.4) ? { undecoded: random.small(70_000) } : {}),
      };
      const bytes = likeMessage(fields, random);
      return random.chance(0.3) ? mutate(bytes, random) : bytes;
    },
    run(input) {
      const ack = plainAckOf(input);
      if (ack === undefined) return "left to the general decoder";
      assert.deepEqual(parseViewerMessage(decodeMessage(input)), ack);
      return ACCEPTED;
    },
  };
}
