import { join } from "node:path";
import { type IngestConfig, isLoopback } from "../../ingest/config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Without any of these there is no page. */
const FILES = ["index.html", "main.js", "decode_worker.js", "style.css"];
const BUILD = "`deno task build:viewer`; `deno task ingest` does it too";

/** The page's files. */
export async function examineViewer(directory: string): Promise<Finding> {
  const missing: string[] = [];
  for (const file of FILES) {
    try {
      await Deno.stat(join(directory, file));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.push(file);
    }
  }
  if (missing.length === 0) return ok("the page is built");
  return fail(`the page is not built: ${missing.join(", ")} missing`, BUILD);
}

/** What browsers will make of the address that ingest is to listen at. */
export function browserFinding({ host, certificateFiles }: IngestConfig): Finding {
  if (certificateFiles !== undefined) {
    return ok("by https every browser plays H.264 as soon as it can");
  }
  if (isLoopback(host)) {
    return ok("browsers on this machine play H.264; for others set INGEST_HOST and TLS_CERT");
  }
  return warn(
    "on plain http browsers have no WebCodecs: they play later, or JPEG, at several times the bits",
    "set TLS_CERT and TLS_KEY, or put a proxy with https in front",
  );
}
