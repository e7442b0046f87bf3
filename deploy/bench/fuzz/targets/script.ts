import { concatenate } from "../mutation.ts";

/** One step of a target that takes several things one after the other. */
export interface Step {
  readonly kind: number;
  readonly payload: Uint8Array;
}

const HEAD_BYTES = 3;

/** Steps as bytes: a kind, a length of 16 bits, so much payload. */
export function scriptOf(steps: readonly Step[]): Uint8Array {
  return concatenate(steps.flatMap(({ kind, payload }) => {
    const part = payload.subarray(0, 0xffff);
    return [Uint8Array.of(kind, part.byteLength >> 8, part.byteLength), part];
  }));
}

/** Whatever the bytes are: the last payload may be cut short. */
export function* stepsOf(script: Uint8Array): Generator<Step> {
  for (let offset = 0; offset + HEAD_BYTES <= script.byteLength;) {
    const [kind = 0, high = 0, low = 0] = script.subarray(offset, offset + HEAD_BYTES);
    const from = offset + HEAD_BYTES;
    const payload = script.slice(from, from + high * 256 + low);
    yield { kind, payload };
    offset = from + payload.byteLength;
  }
}
