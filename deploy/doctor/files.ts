import { errorChain, MisuseError } from "@porthole/protocol/service";
import { keySource } from "../../ingest/access/key_set.ts";
import type { IngestConfig } from "../../ingest/config.ts";
import { readCertificate, validityWarning } from "../../ingest/tls/certificate.ts";
import { newFileOf } from "../../producer/camera_file_store.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** What ingest's settings name: the certificate with its key, and keys of whoever signs tokens. */
export async function examineNamedFiles(
  { certificateFiles, access }: Pick<IngestConfig, "certificateFiles" | "access">,
  nowMs: number,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (certificateFiles !== undefined) {
    findings.push(await certificateFinding(certificateFiles, nowMs));
  }
  if (access.jwks !== "") findings.push(await keysFinding(access.jwks));
  return findings;
}

async function certificateFinding(
  files: NonNullable<IngestConfig["certificateFiles"]>,
  nowMs: number,
): Promise<Finding> {
  try {
    const warning = validityWarning(await readCertificate(files), nowMs);
    if (warning === undefined) return ok("the certificate and its key belong together, and hold");
    return warn(`the certificate at ${files.certPath}: ${warning}`, "renew it; check the clock");
  } catch (error) {
    if (!(error instanceof MisuseError)) throw error;
    return fail(error.message, "ingest does not start without both; unset both for plain http");
  }
}

async function keysFinding(source: string): Promise<Finding> {
  const where = `AUTH_JWKS: ${source}`;
  try {
    const keys = await keySource(source)();
    if (hasKeys(keys)) return ok(`${where} has the keys of who signs tokens`);
    return fail(`${where} is no set of keys`, 'it is JSON, with a list "keys" (RFC 7517)');
  } catch (error) {
    return fail(
      `${where} cannot be had: ${errorChain(error)}`,
      "check path or URL; until there are keys nobody's token of theirs is taken",
    );
  }
}

function hasKeys(value: unknown): boolean {
  return typeof value === "object" && value !== null && "keys" in value &&
    Array.isArray(value.keys) && value.keys.length > 0;
}

/**
 * Whether requests to CONTROL_PORT could be kept: the file of cameras is replaced by one that is
 * written beside it.
 */
export async function examineWritable(path: string): Promise<Finding> {
  const newPath = newFileOf(path);
  try {
    const file = await Deno.open(newPath, { write: true, createNew: true });
    file.close();
    await Deno.remove(newPath);
    return ok(`${path} can be changed by requests`);
  } catch (error) {
    // A request that is being kept right now, or one that was cut short.
    if (error instanceof Deno.errors.AlreadyExists) return ok(`${newPath} is there already`);
    if (error instanceof Deno.errors.NotCapable) {
      return ok(`whether ${path} can be written is not known here`);
    }
    if (!(error instanceof Error)) throw error;
    return fail(
      `changes by requests cannot be kept: ${newPath} cannot be written`,
      `let this user write the folder of ${path}, or unset CONTROL_PORT`,
    );
  }
}
