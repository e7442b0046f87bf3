/**
 * Ends with 0 when the ingest of this container answers, with 1 when it does not.
 *
 * @module
 */
const WITHIN_MS = 4_000;

/** @param env of which `INGEST_PORT` and `TLS_CERT` say where it listens, and how */
export async function isHealthy(env: Pick<Deno.Env, "get">): Promise<boolean> {
  const scheme = env.get("TLS_CERT") ? "https" : "http";
  const port = env.get("INGEST_PORT") || "3000";
  try {
    const response = await fetch(`${scheme}://127.0.0.1:${port}/healthz`, {
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    // Refused, reset or too late: for whoever asks they are all the same.
    if (error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await isHealthy(Deno.env) ? 0 : 1);
