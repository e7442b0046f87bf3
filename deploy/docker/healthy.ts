/**
 * Ends with 0 when the service of this container answers, with 1 when it does not.
 *
 * @module
 */
const WITHIN_MS = 4_000;

/** Where the service is told to listen, and where its image has it listen. */
const PORTS = {
  ingest: { setting: "INGEST_PORT", otherwise: "3000" },
  producer: { setting: "METRICS_PORT", otherwise: "" },
} as const;
type Name = keyof typeof PORTS;

/**
 * @param env which says where it listens, and how
 * @returns true also for a producer that nobody may ask
 */
export async function isHealthy(name: Name, env: Pick<Deno.Env, "get">): Promise<boolean> {
  const { setting, otherwise } = PORTS[name];
  const port = env.get(setting)?.trim() || otherwise;
  if (port === "") return true;
  const scheme = name === "ingest" && env.get("TLS_CERT") ? "https" : "http";
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

if (import.meta.main) {
  const [name] = Deno.args;
  if (name !== "ingest" && name !== "producer") {
    throw new TypeError("give a service: ingest or producer");
  }
  Deno.exit(await isHealthy(name, Deno.env) ? 0 : 1);
}
