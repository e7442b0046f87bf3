import { EXPOSITION_TYPE } from "@porthole/protocol/metrics";
import { logFor, MisuseError, urlHost } from "@porthole/protocol/service";
import type { MetricsConfig } from "./config.ts";
import type { ProducerMetrics } from "./metrics.ts";

const log = logFor("producer", "metrics");

/**
 * `GET /metrics`, `/healthz` and `/readyz`, until it is disposed of.
 *
 * @throws {MisuseError} when the address cannot be had
 */
export function serveMetrics(
  { host, port }: MetricsConfig,
  metrics: ProducerMetrics,
): AsyncDisposable {
  const onListen = ({ hostname, port }: Deno.NetAddr) => {
    log.info("metrics can be asked for", { url: `http://${urlHost(hostname)}:${port}/metrics` });
  };
  try {
    return Deno.serve({ hostname: host, port, onListen }, (request) => answer(request, metrics));
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new MisuseError(`METRICS_PORT: ${port} is in use; set another one`, { cause });
    }
    if (cause instanceof Deno.errors.AddrNotAvailable) {
      throw new MisuseError(`METRICS_HOST: ${host} is not an address of this machine`, { cause });
    }
    throw cause;
  }
}

/** What is answered to whoever asks the producer itself. */
export async function answer(request: Request, metrics: ProducerMetrics): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return Response.json({ error: { code: "method_not_allowed", message: "GET alone" } }, {
      status: 405,
      headers: { allow: "GET, HEAD" },
    });
  }
  switch (new URL(request.url).pathname) {
    case "/metrics":
      return new Response(await metrics.exposition(), {
        headers: { "content-type": EXPOSITION_TYPE, "cache-control": "no-store" },
      });
    case "/healthz":
      return Response.json({ status: "ok" });
    case "/readyz":
      return readiness(metrics);
    default: {
      const message = "there are /metrics, /healthz and /readyz";
      return Response.json({ error: { code: "not_found", message } }, { status: 404 });
    }
  }
}

/** Not ready is a producer that ingest takes nothing of; a camera that is away is told and no more. */
function readiness({ states }: ProducerMetrics): Response {
  const all = [...states];
  const isPublishing = all.length === 0 || all.some(([, { isConnected }]) => isConnected);
  const reasons = isPublishing ? [] : [{
    code: "not_publishing",
    message: "ingest takes no pictures: the log says why",
  }];
  const notes = all.filter(([, { status }]) => status.state === "failed")
    .map(([stream, { status: { cause } }]) => ({ code: "no_picture", message: cause, stream }));
  return Response.json({ status: isPublishing ? "ready" : "not_ready", reasons, notes }, {
    status: isPublishing ? 200 : 503,
  });
}
