import { errorChain } from "@porthole/protocol/service";
import type { PublishResponse } from "./publish_request.ts";

/** A publish that ended or could not begin. */
export class UplinkError extends Error {
  override readonly name = "UplinkError";

  /** @param retryable whether trying again can help without anybody changing something */
  constructor(
    message: string,
    readonly retryable: boolean,
    /** Ingest's answer, if it gave one. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** Ingest says that another producer publishes the stream. */
export function isTaken(error: unknown): boolean {
  return error instanceof UplinkError && error.status === 409;
}

/** Characters of an error's body that are worth a log line. */
const LONGEST_REFUSAL = 500;

export function isRetryable(error: unknown): boolean {
  return !(error instanceof UplinkError) || error.retryable;
}

/** As OpenSSL words it, by whatever way it comes here. */
const DISTRUST = /self-signed certificate|unable to (verify|get) .*certificate/;
const HOW_TO_TRUST = "NODE_EXTRA_CA_CERTS names a file of certificates to trust, in PEM";

const GONE = "the connection to ingest broke; did ingest end, or something on the way to it?";
const NO_WAY = "ingest cannot be reached at INGEST_URL; is there a way to its host?";

/** Node's network errors carry a code; the commonest deserve words. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at INGEST_URL; is ingest running?",
  ECONNRESET: GONE,
  EPIPE: GONE,
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  ETIMEDOUT: NO_WAY,
  ENOTFOUND: "the host name in INGEST_URL is not known; is it spelt right?",
};

/** What ended a publish, in words; where they are known, with what to look at. */
export function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (WORDS[code] !== undefined) return WORDS[code];
  const chain = errorChain(error);
  return DISTRUST.test(chain) ? `${chain}; ${HOW_TO_TRUST}` : chain;
}

/** What ingest's refusal says, with what to do about it where that is known. */
export async function refusal({ status, chunks }: PublishResponse): Promise<UplinkError> {
  const body = await textOf(chunks);
  const cure = CURES[status];
  return new UplinkError(
    `ingest answered ${status}: ${body}${cure === undefined ? "" : ` (${cure})`}`,
    cure === undefined,
    status,
  );
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_REFUSAL) break;
  }
  return text.slice(0, LONGEST_REFUSAL);
}

const CURES: Readonly<Record<number, string>> = {
  401: "set PUBLISH_TOKEN to the token ingest was given, or to a signed one that is still valid",
  403: "PUBLISH_TOKEN is not for this STREAM_ID, or ingest does not take INGEST_URL's host name",
  404: "is INGEST_URL a Porthole ingest?",
  409: "another producer publishes this stream; give this one another STREAM_ID",
};
