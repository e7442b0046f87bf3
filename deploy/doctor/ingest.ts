import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { UplinkConfig } from "../../producer/config.ts";
import { explain } from "../../producer/uplink_error.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const WITHIN_MS = 3_000;
/** `Date` has whole seconds, and was written some time ago. */
const CLOCKS_AGREE_WITHIN_MS = 2_500;

/** What only ingest answers to a publish of a type that it does not take. */
const OF_INGEST: readonly number[] = [401, 403, 415, 429, 503];

interface Answer {
  readonly status: number;
  /** Its clock, as HTTP has it. */
  readonly date: string | null;
}

/** The ingest that the producer is to publish to: whether it is there, takes the token, has the time. */
export async function examineIngest(uplink: UplinkConfig): Promise<readonly Finding[]> {
  const { ingestUrl, streamId, token } = uplink;
  let answer: Answer;
  try {
    answer = await askToPublish(new URL(`ingest/${streamId}`, ingestUrl), token);
  } catch (error) {
    return [unansweredFinding(ingestUrl.origin, error)];
  }
  const published = publishFinding(answer.status, ingestUrl.origin, streamId);
  if (!OF_INGEST.includes(answer.status)) return [published];
  return [published, ...clockFinding(answer.date, Date.now())];
}

/**
 * By Node's client, as the producer: it knows other certificates than `fetch`. Who may publish is told
 * 415, for it is of a type that is not taken, and nothing is published.
 */
function askToPublish(url: URL, token: string): Promise<Answer> {
  const headers = {
    "content-type": "text/plain",
    "content-length": 0,
    ...(token === "" ? {} : { authorization: `Bearer ${token}` }),
  };
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise<Answer>((resolve, reject) => {
    const signal = AbortSignal.timeout(WITHIN_MS);
    request(url, { method: "POST", headers, signal, agent: false }, (response) => {
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, date: response.headers.date ?? null });
      });
      response.resume();
    }).on("error", reject).end();
  });
}

function unansweredFinding(origin: string, error: unknown): Finding {
  const isLate = error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name);
  const cause = isLate ? `no answer within ${WITHIN_MS / 1000} s` : explain(error);
  return warn(
    `no ingest answers at ${origin}: ${cause}`,
    "start it with `deno task ingest`, or set INGEST_URL to where it runs",
  );
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
