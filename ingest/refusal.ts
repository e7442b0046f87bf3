import type { Context } from "hono";
import type { ClientRegistry } from "./client_registry.ts";
import { errorResponse } from "./http_error.ts";
import type { MemoryGuard } from "./limits/memory_guard.ts";
import type { Metrics } from "./metrics.ts";

export interface RefusalDeps {
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly memory: MemoryGuard;
}

const RETRY_AFTER_S = "10";

/**
 * 503 for one viewer too many, altogether or from `address`, and for any while memory is short;
 * `undefined` while there is room.
 */
export function refuseClient(
  context: Context,
  address: string,
  { clients, metrics, memory }: RefusalDeps,
): Response | undefined {
  const headers = { "retry-after": RETRY_AFTER_S };
  const memoryRefusal = memory.viewerRefusal();
  if (memoryRefusal !== undefined) {
    metrics.clientsRefused++;
    metrics.clientsRefusedOverMemory++;
    return errorResponse(context, 503, "over_memory", memoryRefusal, headers);
  }
  const refusal = clients.refusal(address);
  if (refusal === undefined) return undefined;
  metrics.clientsRefused++;
  return errorResponse(context, 503, "too_many_clients", refusal, headers);
}
