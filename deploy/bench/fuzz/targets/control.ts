import { controlTypeOf, decodeMessage, MessageEncoder } from "@porthole/protocol";
import {
  parseIngestToProducerMessage,
  parseProducerMessage,
  parseViewerMessage,
} from "@porthole/protocol/schema";
import {
  GOLDEN_MESSAGES_TO_PRODUCERS,
  GOLDEN_PRODUCER_MESSAGES,
  GOLDEN_VIEWER_MESSAGES,
} from "../corpus.ts";
import { anyMap, likeMessage } from "../messagepack.ts";
import { mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf, sameBytes } from "../target.ts";

const PARSERS = [parseViewerMessage, parseProducerMessage, parseIngestToProducerMessage];
const GOLDEN = [
  ...GOLDEN_VIEWER_MESSAGES,
  ...GOLDEN_PRODUCER_MESSAGES,
  ...GOLDEN_MESSAGES_TO_PRODUCERS,
];

/** The control messages that ingest and producers take, each read by all who take any. */
export function controlTarget(): FuzzTarget {
  const encoder = new MessageEncoder();
  return {
    name: "control",
    perMille: 100,
    generate(random) {
      const bytes = random.chance(0.15) ? anyMap(random) : likeMessage(random.pick(GOLDEN), random);
      return random.chance(0.15) ? mutate(bytes, random) : bytes;
    },
    run(input) {
      let message: unknown;
      try {
        message = decodeMessage(input);
      } catch (error) {
        return refusalOf(error, "malformed", "too_large", "too_deep");
      }
      const outcomes = PARSERS.map((parse) => {
        try {
          const parsed = parse(message);
          if (parsed === undefined) return "ignored";
          promise(parsed.type === controlTypeOf(message), "another type than it had");
          const again = encoder.encode(parsed);
          const reparsed = parse(decodeMessage(again));
          promise(reparsed !== undefined, "taken once, ignored the second time");
          promise(sameBytes(encoder.encode(reparsed), again), "not stable");
          return ACCEPTED;
        } catch (error) {
          return refusalOf(error, "invalid_control");
        }
      });
      return outcomes.find((outcome) => outcome === ACCEPTED) ?? outcomes[0] ?? "ignored";
    },
  };
}
