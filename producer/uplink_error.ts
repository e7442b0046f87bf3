import { errorChain } from "@porthole/protocol/service";
import type { PublishResponse } from "./publish_request.ts";

/** Why a publish ended or could not begin: of these few, for they are labels of a metric. */
export type UplinkFailureCode =
  | "unreachable"
  | "untrusted"
  | "unauthorized"
  | "taken"
  | "refused"
  | "silent"
  | "unacknowledged"
  | "broken"
  | "ended"
  | "failed";

/** A publish that ended or could not begin. */
export class UplinkError extends Error {
  override readonly name = "UplinkError";

  constructor(
    readonly code: UplinkFailureCode,
    message: string,
    /** Ingest's answer, if it gave one. */
    readonly status?: number,
  ) {
    super(message);
  }

  /** Whether trying again can help without anybody changing something. */
  get retryable(): boolean {
    return this.status === undefined || CURES[this.status] === undefined;
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
const KNOWN: Readonly<Record<string, { code: UplinkFailureCode; words: string }>> = {
  ECONNREFUSED: {
    code: "unreachable",
    words: "nothing listens at INGEST_URL; is ingest running?",
  },
  ECONNRESET: { code: "broken", words: GONE },
  EPIPE: { code: "broken", words: GONE },
  EHOSTUNREACH: { code: "unreachable", words: NO_WAY },
  ENETUNREACH: { code: "unreachable", words: NO_WAY },
  ETIMEDOUT: { code: "unreachable", words: NO_WAY },
  ENOTFOUND: {
    code: "unreachable",
    words: "the host name in INGEST_URL is not known; is it spelt right?",
  },
};

/** `failed` for what nobody has thought of. */
export function uplinkFailureCodeOf(error: unknown): UplinkFailureCode {
  if (error instanceof UplinkError) return error.code;
  const known = knownOf(error)?.code;
  return known ?? (DISTRUST.test(errorChain(error)) ? "untrusted" : "failed");
}

/** Of the error itself or of what caused it: over HTTP/2 a stream fails of its connection. */
function knownOf(error: unknown): (typeof KNOWN)[string] | undefined {
  if (!(error instanceof Error)) return undefined;
  const known = "code" in error ? KNOWN[String(error.code)] : undefined;
  return known ?? knownOf(error.cause);
}

/** What ended a publish, in words; where they are known, with what to look at. */
export function explain(error: unknown): string {
  const known = knownOf(error);
  if (known !== undefined) return known.words;
  const chain = errorChain(error);
  return DISTRUST.test(chain) ? `${chain}; ${HOW_TO_TRUST}` : chain;
}

/** What ingest's refusal says, with what to do about it where that is known. */
export async function refusal({ status, chunks }: PublishResponse): Promise<UplinkError> {
  const body = await textOf(chunks);
  const cure = CURES[status];
  return new UplinkError(
    REFUSALS[status] ?? "refused",
    `ingest answered ${status}: ${body}${cure === undefined ? "" : ` (${cure})`}`,
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

const REFUSALS: Readonly<Record<number, UplinkFailureCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  409: "taken",
};

const CURES: Readonly<Record<number, string>> = {
  401: "set PUBLISH_TOKEN to the token ingest was given, or to a signed one that is still valid",
  403: "PUBLISH_TOKEN is not for this STREAM_ID, or ingest does not take INGEST_URL's host name",
  404: "is INGEST_URL a Porthole ingest?",
  409: "another producer publishes this stream; give this one another STREAM_ID",
};
