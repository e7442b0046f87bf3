/** What a publish is ended for although each of its messages is valid. */
export type PublishLimitCode =
  | "too_fast" // over the bit rate or frame rate of a stream
  | "too_slow" // a message that does not come to its end
  | "too_busy"; // all publishes together wait with more than ingest has memory for

/** A publish is over a bound of ingest's; the message says which, and what to do. */
export class PublishLimitError extends Error {
  override readonly name = "PublishLimitError";

  constructor(readonly code: PublishLimitCode, message: string) {
    super(message);
  }
}
