import { STREAM_ID_PATTERN } from "@porthole/protocol";
import { refusalIn } from "./refusal.ts";

const POLL_INTERVAL_MS = 3000;
const ANSWER_WITHIN_MS = 6000;

export interface StreamListHandlers {
  onStreams(streamIds: readonly string[]): void;
  /** The list could not be had this time; it is tried again. */
  onFailure(cause: string): void;
  /** The server asks who this is. */
  onLogin(): void;
}

/** Asks ingest for its streams again and again, until `signal` aborts. */
export async function watchStreamList(
  url: URL,
  handlers: StreamListHandlers,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const streamIds = await fetchStreamIds(url);
      if (signal.aborted) return;
      if (streamIds === "login") handlers.onLogin();
      else handlers.onStreams(streamIds);
    } catch (cause) {
      if (!signal.aborted) handlers.onFailure(cause instanceof Error ? cause.message : `${cause}`);
    }
    await delay(POLL_INTERVAL_MS, signal);
  }
}

/** The ids in the answer of `GET /api/streams`, in its order; what is not an id is left out. */
export function streamIdsOf(answer: unknown): string[] {
  if (typeof answer !== "object" || answer === null || !("streams" in answer)) return [];
  if (!Array.isArray(answer.streams)) return [];
  return answer.streams
    .map((stream: { readonly id?: unknown } | null) => stream?.id)
    .filter((id): id is string => typeof id === "string" && STREAM_ID_PATTERN.test(id));
}

/**
 * Asks ingest for its streams once.
 *
 * @throws {Error} when the list cannot be had
 */
export async function fetchStreamIds(url: URL): Promise<string[] | "login"> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!response.ok) {
    const refusal = await refusalIn(response);
    if (refusal?.kind === "login") return refusal.kind;
    throw new Error(refusal?.reason ?? `the server answered ${response.status}`);
  }
  return streamIdsOf(await response.json());
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
