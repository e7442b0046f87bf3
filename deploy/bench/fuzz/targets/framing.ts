import { LengthPrefixParser, MAX_MESSAGE_BYTES } from "@porthole/protocol";
import { chunked, concatenate, mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise, refusalOf, sameBytes } from "../target.ts";

const FIRST_ALLOCATION_BYTES = 64 * 1024;

interface Outcome {
  readonly messages: readonly Uint8Array[];
  readonly refusal: string | undefined;
}

/** `LengthPrefixParser`: where the bytes are cut changes nothing, and memory follows what came. */
export function framingTarget(): FuzzTarget {
  return {
    name: "framing",
    perMille: 100,
    generate(random) {
      const messages = Array.from({ length: random.small(8) }, () => prefixed(random));
      const bytes = concatenate(messages);
      return bytes.byteLength > 0 && random.chance(0.4) ? mutate(bytes, random) : bytes;
    },
    run(input, random) {
      const whole = parse([input], input.byteLength);
      const pieces = parse(chunked(input, random), input.byteLength);
      promise(whole.refusal === pieces.refusal, `${whole.refusal}, cut: ${pieces.refusal}`);
      promise(whole.messages.length === pieces.messages.length, "more or fewer messages when cut");
      whole.messages.forEach((message, index) =>
        promise(sameBytes(message, pieces.messages[index] ?? new Uint8Array(0)), "other bytes")
      );
      return whole.refusal ?? ACCEPTED;
    },
  };
}

function parse(chunks: readonly Uint8Array[], inputBytes: number): Outcome {
  const parser = new LengthPrefixParser();
  const messages: Uint8Array[] = [];
  try {
    for (const chunk of chunks) {
      for (const message of parser.push(chunk)) messages.push(message);
      promise(parser.pendingBytes <= inputBytes, "it holds more than it was given");
      promise(parser.pendingBytes <= MAX_MESSAGE_BYTES + 4, "it holds more than one message");
      const most = Math.max(FIRST_ALLOCATION_BYTES, 2 * parser.pendingBytes);
      promise(parser.heldBytes <= most, `${parser.heldBytes} for ${parser.pendingBytes} bytes`);
    }
    parser.end();
    return { messages, refusal: undefined };
  } catch (error) {
    return { messages, refusal: refusalOf(error, "malformed", "too_large") };
  }
}

function prefixed(random: Random): Uint8Array {
  const body = random.bytes(random.small(300));
  const claimed = random.chance(0.95)
    ? body.byteLength
    : random.pick([0, 1, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1, 2 ** 32 - 1]);
  const prefix = new Uint8Array(4);
  new DataView(prefix.buffer).setUint32(0, claimed);
  return concatenate([prefix, body]);
}
