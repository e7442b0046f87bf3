import { ProtocolError } from "./errors.ts";
import { MAX_MESSAGE_VALUES, MAX_NESTING_DEPTH } from "./limits.ts";

/** How the first byte of a MessagePack value says what follows it. */
interface Head {
  /** Bytes of the value before its payload, the first byte included. */
  readonly headBytes: number;
  /** Bytes of payload to step over. */
  readonly payloadBytes: number;
  /** Values that follow and belong to this map (keys and values) or array; others have none. */
  readonly children: number | undefined;
}

/** Payload bytes of the formats 0xc0-0xdf whose size is fixed; the others are read from the wire. */
const FIXED_PAYLOAD_BYTES: Readonly<Record<number, number>> = {
  0xc0: 0, // nil
  0xc2: 0, // false
  0xc3: 0, // true
  0xca: 4, // float 32
  0xcb: 8, // float 64
  0xcc: 1, // uint 8, 16, 32, 64
  0xcd: 2,
  0xce: 4,
  0xcf: 8,
  0xd0: 1, // int 8, 16, 32, 64
  0xd1: 2,
  0xd2: 4,
  0xd3: 8,
  0xd4: 2, // fixext 1, 2, 4, 8, 16: a type byte, then the data
  0xd5: 3,
  0xd6: 5,
  0xd7: 9,
  0xd8: 17,
};

/**
 * Refuses a message that would cost more to decode than its bytes warrant: deeper than
 * {@link MAX_NESTING_DEPTH}, of more values than {@link MAX_MESSAGE_VALUES}, cut short, with bytes
 * left over, or claiming more members than it has bytes for. Walks heads only and steps over payloads, so a frame costs the same whatever its size,
 * and allocates nothing that grows with the input.
 *
 * @throws {ProtocolError} `malformed`, `too_large` or `too_deep`
 * @see https://github.com/msgpack/msgpack/blob/master/spec.md#formats
 */
export function assertBoundedStructure(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const remainingAtDepth = [1];
  let offset = 0;
  let values = 0;
  while (remainingAtDepth.length > 0) {
    const depth = remainingAtDepth.length - 1;
    const remaining = remainingAtDepth[depth] ?? 0;
    if (remaining === 0) {
      remainingAtDepth.pop();
      continue;
    }
    remainingAtDepth[depth] = remaining - 1;
    if (++values > MAX_MESSAGE_VALUES) {
      throw new ProtocolError("too_large", `more than ${MAX_MESSAGE_VALUES} values in one message`);
    }
    const head = readHead(view, offset);
    offset += head.headBytes + head.payloadBytes;
    if (offset > view.byteLength) throw cutShort();
    if (head.children === undefined) continue;
    if (remainingAtDepth.length > MAX_NESTING_DEPTH) {
      throw new ProtocolError("too_deep", `nested deeper than ${MAX_NESTING_DEPTH} levels`);
    }
    if (head.children > view.byteLength - offset) {
      throw new ProtocolError(
        "malformed",
        `a map or array claims ${head.children} members in ${view.byteLength - offset} bytes`,
      );
    }
    remainingAtDepth.push(head.children);
  }
  if (offset !== view.byteLength) {
    throw new ProtocolError("malformed", `${view.byteLength - offset} bytes after the message`);
  }
}

function readHead(view: DataView, offset: number): Head {
  const first = uint(view, offset, 1);
  if (first <= 0x7f || first >= 0xe0) return value(1, 0);
  if (first <= 0x8f) return container((first & 0x0f) * 2, 1);
  if (first <= 0x9f) return container(first & 0x0f, 1);
  if (first <= 0xbf) return value(1, first & 0x1f);
  const fixed = FIXED_PAYLOAD_BYTES[first];
  if (fixed !== undefined) return value(1, fixed);
  switch (first) {
    case 0xc4: // bin 8, 16, 32
    case 0xd9: // str 8
      return value(2, uint(view, offset + 1, 1));
    case 0xc5:
    case 0xda:
      return value(3, uint(view, offset + 1, 2));
    case 0xc6:
    case 0xdb:
      return value(5, uint(view, offset + 1, 4));
    case 0xc7: // ext 8, 16, 32: the length does not count the type byte
      return value(3, uint(view, offset + 1, 1));
    case 0xc8:
      return value(4, uint(view, offset + 1, 2));
    case 0xc9:
      return value(6, uint(view, offset + 1, 4));
    case 0xdc: // array 16, 32
      return container(uint(view, offset + 1, 2), 3);
    case 0xdd:
      return container(uint(view, offset + 1, 4), 5);
    case 0xde: // map 16, 32
      return container(uint(view, offset + 1, 2) * 2, 3);
    case 0xdf:
      return container(uint(view, offset + 1, 4) * 2, 5);
    default:
      throw new ProtocolError("malformed", "byte 0xc1 is not MessagePack");
  }
}

function value(headBytes: number, payloadBytes: number): Head {
  return { headBytes, payloadBytes, children: undefined };
}

function container(children: number, headBytes: number): Head {
  return { headBytes, payloadBytes: 0, children };
}

function uint(view: DataView, offset: number, bytes: 1 | 2 | 4): number {
  if (offset + bytes > view.byteLength) throw cutShort();
  if (bytes === 1) return view.getUint8(offset);
  return bytes === 2 ? view.getUint16(offset) : view.getUint32(offset);
}

function cutShort(): ProtocolError {
  return new ProtocolError("malformed", "the message is cut short");
}
