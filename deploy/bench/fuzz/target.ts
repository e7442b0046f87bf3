import { ProtocolError, type ProtocolErrorCode } from "@porthole/protocol";
import type { Random } from "./random.ts";

/** One thing that takes bytes from outside, and what must hold whatever they are. */
export interface FuzzTarget {
  readonly name: string;
  /** Inputs of it among a thousand of all: fewer of what takes long. */
  readonly perMille: number;
  /** An input: made by the grammar, or one that is real and was spoilt. */
  generate(random: Random): Uint8Array;
  /**
   * What became of an input: `accepted`, or the code by which it was refused.
   *
   * @param random the same for the same input
   * @throws whatever breaks a promise; anything thrown is a finding
   */
  run(input: Uint8Array, random: Random): string | Promise<string>;
  /** After the last input. */
  close?(): Promise<void>;
}

export const ACCEPTED = "accepted";

/** A promise was broken, by an input that did not make anything throw. */
export class Finding extends Error {
  override readonly name = "Finding";
}

export function promise(isKept: boolean, what: string): asserts isKept {
  if (!isKept) throw new Finding(what);
}

/** The code of an error that is documented. @throws the error, when it is another one */
export function refusalOf(error: unknown, ...codes: readonly ProtocolErrorCode[]): string {
  if (error instanceof ProtocolError && codes.includes(error.code)) return error.code;
  throw error;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.byteLength !== b.byteLength) return false;
  for (let index = 0; index < a.byteLength; index++) if (a[index] !== b[index]) return false;
  return true;
}
