import type { Context } from "hono";
import type { ClientRegistry } from "./client_registry.ts";
import { errorResponse } from "./http_error.ts";
import type { Metrics } from "./metrics.ts";

export interface RefusalDeps {
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
}

const RETRY_AFTER_S = "10";

/** 503 for one viewer too many, altogether or from `address`; `undefined` while there is room. */
export function refuseClient(
  context: Context,
  address: string,
  { clients, metrics }: RefusalDeps,
): Response | undefined {
  const refusal = clients.refusal(address);
  if (refusal === undefined) return undefined;
  metrics.clientsRefused++;
  return errorResponse(context, 503, "too_many_clients", refusal, { "retry-after": RETRY_AFTER_S });
}
