/** Why a message was refused. The same words stand in the `code` of an HTTP error body. */
export type ProtocolErrorCode =
  | "malformed" // not MessagePack, cut short, or with bytes left over
  | "too_large" // over MAX_MESSAGE_BYTES or MAX_MESSAGE_VALUES
  | "too_deep" // over MAX_NESTING_DEPTH
  | "invalid_frame" // a map that is not a frame
  | "invalid_control" // a known `type` with wrong fields
  | "invalid_jpeg" // JPEG data that is none, is cut short, or has another size
  | "invalid_access_unit"; // H.264 data that is not AVCC

/** A message that breaks SPEC.md. `message` says what was found and what is allowed. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";

  constructor(readonly code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}
