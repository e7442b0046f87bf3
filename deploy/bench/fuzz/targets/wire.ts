import {
  decodeMessage,
  MAX_MESSAGE_VALUES,
  MAX_NESTING_DEPTH,
  MessageEncoder,
} from "@porthole/protocol";
import { goldenBytes, pair } from "../corpus.ts";
import { anyValue } from "../messagepack.ts";
import { mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf, sameBytes } from "../target.ts";

interface Cost {
  values: number;
  bytes: number;
  deepest: number;
}

/** `decodeMessage`: any bytes, and what a message may cost once it is decoded. */
export function wireTarget(): FuzzTarget {
  const golden = goldenBytes();
  const encoder = new MessageEncoder();
  return {
    name: "wire",
    perMille: 180,
    generate(random) {
      if (random.chance(0.5)) {
        const value = anyValue(random);
        return random.chance(0.3) ? mutate(value, random) : value;
      }
      const [bytes, other] = pair(golden, random);
      return mutate(bytes, random, other);
    },
    run(input) {
      let message: unknown;
      try {
        message = decodeMessage(input);
      } catch (error) {
        return refusalOf(error, "malformed", "too_large", "too_deep");
      }
      const cost = costOf(message, input.buffer);
      promise(cost.values <= MAX_MESSAGE_VALUES, `${cost.values} values were decoded`);
      promise(cost.deepest <= MAX_NESTING_DEPTH, `${cost.deepest} levels were decoded`);
      promise(cost.bytes <= input.byteLength, `${cost.bytes} of ${input.byteLength} bytes`);
      assertStable(message, encoder);
      return ACCEPTED;
    },
  };
}

/** What was decoded, encoded again, is what a receiver of that would decode. */
function assertStable(message: unknown, encoder: MessageEncoder): void {
  const again = encoder.encode({ message });
  const decoded = decodeAgain(again);
  if (decoded === undefined) return; // the map around it made it one level too deep
  promise(sameBytes(encoder.encode(decoded), again), "decoding and encoding changed it");
}

function decodeAgain(bytes: Uint8Array): object | undefined {
  try {
    const decoded = decodeMessage(bytes);
    return typeof decoded === "object" && decoded !== null ? decoded : undefined;
  } catch (error) {
    refusalOf(error, "too_deep", "too_large");
    return undefined;
  }
}

function costOf(root: unknown, buffer: ArrayBufferLike): Cost {
  const cost: Cost = { values: 0, bytes: 0, deepest: 0 };
  const visit = (value: unknown, depth: number): void => {
    cost.values++;
    if (typeof value === "string") cost.bytes += value.length;
    else if (value instanceof Uint8Array) {
      promise(value.buffer === buffer, "binary data was copied");
      cost.bytes += value.byteLength;
    } else if (typeof value === "object" && value !== null) {
      cost.deepest = Math.max(cost.deepest, depth + 1);
      const prototype: unknown = Object.getPrototypeOf(value);
      promise(
        prototype === Object.prototype || prototype === Array.prototype,
        "a message chose its own prototype",
      );
      for (const member of Object.values(value)) visit(member, depth + 1);
    }
  };
  visit(root, 0);
  return cost;
}
