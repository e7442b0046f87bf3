import { WebSocketError, WebSocketParser } from "../../../../ingest/websocket_parser.ts";
import { chunked, concatenate, mutate } from "../mutation.ts";
import type { Random } from "../random.ts";
import { ACCEPTED, type FuzzTarget, promise, sameBytes } from "../target.ts";

const MAX_MESSAGE_BYTES = 1024;
const OPCODES: readonly number[] = [0, 1, 2, 2, 2, 8, 9, 9, 10, 3, 11, 15];

interface Event {
  readonly kind: string;
  readonly data: Uint8Array;
}

/** `WebSocketParser`: a client's bytes, however they are chunked. */
export function webSocketTarget(): FuzzTarget {
  return {
    name: "websocket",
    perMille: 100,
    generate(random) {
      const frames = Array.from({ length: 1 + random.small(10) }, () => frameOf(random));
      const bytes = concatenate(frames);
      return random.chance(0.2) ? mutate(bytes, random) : bytes;
    },
    run(input, random) {
      const whole = parse([input.slice()]);
      const pieces = parse(chunked(input, random));
      promise(whole.end === pieces.end, `${whole.end}, cut: ${pieces.end}`);
      promise(whole.events.length === pieces.events.length, "more or fewer events when cut");
      whole.events.forEach(({ kind, data }, index) => {
        const other = pieces.events[index];
        promise(other?.kind === kind && sameBytes(other.data, data), `another ${kind} when cut`);
      });
      return whole.end;
    },
  };
}

function parse(chunks: readonly Uint8Array[]): { end: string; events: readonly Event[] } {
  const events: Event[] = [];
  const take = (kind: string, data: Uint8Array, mostBytes: number) => {
    promise(data.byteLength <= mostBytes, `${kind} of ${data.byteLength} bytes`);
    promise(events.at(-1)?.kind !== "close", "something after the close");
    events.push({ kind, data: data.slice() });
  };
  const parser = new WebSocketParser({
    onMessage: (data, isBinary) => take(isBinary ? "binary" : "text", data, MAX_MESSAGE_BYTES),
    onPing: (data) => take("ping", data, 125),
    onPong: (data) => take("pong", data, 125),
    onClose: () => take("close", new Uint8Array(0), 0),
  }, MAX_MESSAGE_BYTES);
  try {
    for (const chunk of chunks) {
      parser.push(chunk);
      promise(parser.heldBytes <= MAX_MESSAGE_BYTES, `${parser.heldBytes} bytes held`);
    }
    return { end: ACCEPTED, events };
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    promise([1002, 1009].includes(error.closeCode), `close code ${error.closeCode}`);
    promise(new TextEncoder().encode(error.message).byteLength <= 123, "too long a reason");
    return { end: String(error.closeCode), events };
  }
}

function frameOf(random: Random): Uint8Array {
  const payload = random.bytes(random.chance(0.05) ? random.below(1_200) : random.small(200));
  const opcode = random.pick(OPCODES);
  const isFinal = random.chance(opcode >= 8 ? 0.97 : 0.7);
  const first = (isFinal ? 0x80 : 0) | (random.chance(0.01) ? 0x40 : 0) | opcode;
  const isMasked = random.chance(0.99);
  const claimed = random.chance(0.99)
    ? payload.byteLength
    : random.pick([0, 125, 126, 127, 1024, 1025, 65_535, 2 ** 32, 2 ** 52]);
  const width = claimed < 126 && random.chance(0.95)
    ? 0
    : claimed < 65_536 && random.chance(0.9)
    ? 1
    : 2;
  const flag = isMasked ? 0x80 : 0;
  const length = new Uint8Array([1, 3, 9][width] ?? 9);
  const view = new DataView(length.buffer);
  length[0] = flag | ([claimed, 126, 127][width] ?? 127);
  if (width === 1) view.setUint16(1, claimed);
  if (width === 2) view.setBigUint64(1, BigInt(claimed));
  return concatenate([Uint8Array.of(first), length, random.bytes(isMasked ? 4 : 0), payload]);
}
