import { errorChain } from "@porthole/protocol/service";
import type { UplinkConfig } from "../../producer/config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const WITHIN_MS = 3_000;
/** `Date` has whole seconds, and was written some time ago. */
const CLOCKS_AGREE_WITHIN_MS = 2_500;

/** The ingest that the producer is to publish to: whether it is there, takes the token, has the time. */
export async function examineIngest(uplink: UplinkConfig): Promise<readonly Finding[]> {
  const { ingestUrl, streamId, token } = uplink;
  const url = new URL(`ingest/${streamId}`, ingestUrl);
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  let response: Response;
  try {
    // Of a type that is not taken: who may publish is told 415, and nothing is published.
    response = await fetch(url, {
      ...{ method: "POST", body: "", signal: AbortSignal.timeout(WITHIN_MS) },
      headers: { ...headers, "content-type": "text/plain" },
    });
    await response.body?.cancel();
  } catch (error) {
    return [warn(
      `no ingest answers at ${ingestUrl.origin}: ${errorChain(error)}`,
      "start it with `deno task ingest`, or set INGEST_URL to where it runs",
    )];
  }
  return [
    publishFinding(response.status, ingestUrl.origin, streamId),
    ...clockFinding(response.headers.get("date"), Date.now()),
  ];
}

export function publishFinding(status: number, origin: string, streamId: string): Finding {
  switch (status) {
    case 415:
      return ok(`ingest at ${origin} lets "${streamId}" be published`);
    case 401:
    case 403:
      return fail(
        `ingest at ${origin} does not let "${streamId}" be published (${status})`,
        "give both the same PUBLISH_TOKEN, or the producer a signed one: `deno task token " +
          `--publish ${streamId}\``,
      );
    case 429:
    case 503:
      return warn(`ingest at ${origin} has too much to do (${status})`, "see its log and /metrics");
    default:
      return fail(
        `what answers at ${origin} is not Porthole's ingest (${status})`,
        "set INGEST_URL to where ingest runs",
      );
  }
}

/** @param date the header of an answer that has just come */
export function clockFinding(date: string | null, nowMs: number): readonly Finding[] {
  const theirsMs = Date.parse(date ?? "");
  if (Number.isNaN(theirsMs)) return [];
  const offMs = nowMs - theirsMs;
  if (Math.abs(offMs) < CLOCKS_AGREE_WITHIN_MS) return [ok("its clock agrees with this one's")];
  const seconds = Math.round(Math.abs(offMs) / 1000);
  return [warn(
    `this clock is ${seconds} s ${offMs > 0 ? "ahead of" : "behind"} ingest's: signed tokens may ` +
      "not be valid yet, or expired",
    "let NTP set both: `timedatectl set-ntp true`",
  )];
}
