/** A message as JSON can hold it: binary data stands as `{"$bin": "<hexadecimal>"}`. */
export type Json = null | boolean | number | string | readonly Json[] | {
  readonly [name: string]: Json;
};

/** Bytes and the message they carry; both ways must hold. */
export interface Vector {
  readonly name: string;
  readonly message: Json;
  /** hexadecimal */
  readonly bytes: string;
}

/** What reads the bytes: which parser behind {@link decodeMessage}, or the framing. */
export type Reader =
  | "message"
  | "frame"
  | "viewer message"
  | "producer message"
  | "message to a producer"
  | "live publish";

/** Bytes that a reader must take, though our encoder would write them otherwise. */
export interface AcceptedVector extends Vector {
  readonly as: Exclude<Reader, "live publish">;
}

/** Bytes that a reader must refuse. */
export interface RejectedVector {
  readonly name: string;
  readonly as: Reader;
  /** hexadecimal */
  readonly bytes: string;
  /** A code of errors.ts. */
  readonly code: string;
}

export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return { $bin: new Uint8Array(value).toHex() };
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, toJson(field)]));
  }
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError(`${String(value)} has no form in JSON`);
}

export function fromJson(json: Json): unknown {
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json !== "object" || json === null) return json;
  if ("$bin" in json && typeof json["$bin"] === "string") return Uint8Array.fromHex(json["$bin"]);
  return Object.fromEntries(Object.entries(json).map(([name, field]) => [name, fromJson(field)]));
}

/** The vectors of a file in this folder. `T` must be what {@link ./make_vectors.ts} wrote there. */
export function readVectors<T extends { readonly name: string }>(file: string): T[] {
  return JSON.parse(Deno.readTextFileSync(new URL(file, import.meta.url)));
}
