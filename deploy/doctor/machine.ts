import type { IngestConfig } from "../../ingest/config.ts";
import { freeDescriptors } from "../../ingest/limits/descriptors.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const MIB = 1024 * 1024;
/** Ingest with viewers and caches, a producer and its FFmpegs. */
const COMFORTABLE_MIB = 512;
const BARELY_MIB = 128;
/** Of ingest, besides viewers: other connections, files, what waits to be accepted. */
const OTHER_DESCRIPTORS = 1_400;

/** This program is no older. */
const WRITTEN_MS = Date.UTC(2026, 0, 1);
const CLOCK_CURE = "`timedatectl set-ntp true`, or set it by `date`";

/** Open files and memory. */
export function examineMachine(ingest: IngestConfig): readonly Finding[] {
  const wanted = ingest.limits.maxClients + OTHER_DESCRIPTORS;
  return [
    descriptorFinding(freeDescriptors(Deno.execPath(), wanted), wanted),
    memoryFinding(availableMib()),
  ];
}

/** @param free files that may still be opened, up to `wanted`; `undefined` if it cannot be told */
export function descriptorFinding(free: number | undefined, wanted: number): Finding {
  if (free === undefined) return ok("how many files may be open is not known here");
  if (free >= wanted) return ok(`${wanted} files may be open at once, enough for MAX_CLIENTS`);
  return warn(
    `${free} files may be open at once: fewer viewers than MAX_CLIENTS are taken`,
    `raise the limit to ${wanted}: \`ulimit -n\`, LimitNOFILE= of systemd, --ulimit nofile= of ` +
      "Docker; or lower MAX_CLIENTS",
  );
}

/** `undefined` where this program may not ask, as a binary. */
function availableMib(): number | undefined {
  try {
    return Deno.systemMemoryInfo().available / MIB;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

export function memoryFinding(availableMib: number | undefined): Finding {
  if (availableMib === undefined) return ok("how much memory is free is not known here");
  const what = `${Math.round(availableMib)} MiB of memory are free`;
  if (availableMib >= COMFORTABLE_MIB) return ok(what);
  const cure = "stop something, or give the machine or the container more; lower MAX_CACHE_MB";
  return availableMib < BARELY_MIB ? fail(what, cure) : warn(what, cure);
}

/**
 * Whether the clock can be right, and the system says that it is kept by NTP. Machines without a
 * battery begin in the past.
 */
export async function clockFinding(nowMs: number): Promise<Finding> {
  if (nowMs < WRITTEN_MS) {
    return fail(
      `the clock says ${new Date(nowMs).toISOString().slice(0, 10)}, before this was written: ` +
        "certificates and tokens are refused, and latency is shown wrong",
      CLOCK_CURE,
    );
  }
  try {
    const { stdout, success } = await new Deno.Command("timedatectl", {
      args: ["show", "--property=NTPSynchronized", "--value"],
      stderr: "null",
    }).output();
    if (success) return ntpFinding(new TextDecoder().decode(stdout).trim());
  } catch (error) {
    const isUnknown = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (!isUnknown) throw error;
  }
  return ntpFinding("");
}

/** @param said `yes`, `no`, or nothing where nobody knows */
export function ntpFinding(said: string): Finding {
  if (said === "yes") return ok("the clock is kept by NTP");
  if (said !== "no") return ok("whether NTP keeps the clock is not known here");
  return warn(
    "the clock is not kept by NTP: latency is shown wrong across machines, tokens expire early or late",
    CLOCK_CURE,
  );
}
