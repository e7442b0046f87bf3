import { epochNowMs, MessageEncoder } from "@porthole/protocol";
import { startSpan } from "@porthole/protocol/service";
import { type Context, Hono } from "hono";
import type { ClientRegistry } from "../client_registry.ts";
import { ClientSession } from "../client_session.ts";
import { errorResponse } from "../http_error.ts";
import type { MemoryGuard } from "../limits/memory_guard.ts";
import type { Metrics } from "../metrics.ts";
import { refuseClient } from "../refusal.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";
import type { StreamRegistry } from "../stream_registry.ts";
import { Upgrade } from "../upgrade.ts";
import type { ViewerSocket } from "../viewer_socket.ts";

export interface WatchDeps {
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly memory: MemoryGuard;
  readonly maxAgeMs: number;
}

/** `GET /ws[/:stream]`: the upgrade to a WebSocket. */
export function watchRoutes(deps: WatchDeps): Hono<StreamEnv> {
  const routes = new Hono<StreamEnv>();
  const encoder = new MessageEncoder();
  const watch = (context: Context<StreamEnv>) => {
    const { upgrade, address, canUpgrade } = context.env;
    if (upgrade === undefined) {
      const message = "this is a WebSocket endpoint, over HTTP/1.1";
      // HTTP/2 forbids the header (RFC 9113, 8.2.2).
      const headers = canUpgrade ? { upgrade: "websocket" } : {};
      return errorResponse(context, 426, "upgrade_required", message, headers);
    }
    const refusal = refuseClient(context, address, deps);
    if (refusal !== undefined) return refusal;
    const socket = upgrade.accept();
    if (socket === undefined) {
      return errorResponse(context, 400, "malformed", "not a WebSocket handshake (RFC 6455, 4.1)");
    }
    const { expiresAtMs } = context.get("caller").grant;
    startSession(socket, context.get("streamId"), { address, expiresAtMs }, { ...deps, encoder });
    return Upgrade.accepted;
  };
  routes.get("/ws", withStreamId, watch);
  routes.get("/ws/:stream", withStreamId, watch);
  return routes;
}

function startSession(
  socket: ViewerSocket,
  streamId: string,
  { address, expiresAtMs }: { address: string; expiresAtMs: number | undefined },
  { streams, clients, metrics, maxAgeMs, encoder }: WatchDeps & { encoder: MessageEncoder },
): void {
  const hub = streams.waitFor(streamId);
  const onEnd = () => {
    clients.remove(session);
    metrics.clientsConnected = clients.size;
  };
  const joining = startSpan("viewer.join", { stream: streamId });
  const session = new ClientSession(
    { socket, hub, encoder, metrics, maxAgeMs, joining, onEnd },
    epochNowMs(),
  );
  clients.add(session, address, expiresAtMs);
  metrics.clientsConnected = clients.size;
  socket.listen({
    onMessage: (data, isBinary) => session.receive(data, isBinary),
    onPong: () => session.ponged(epochNowMs()),
    onMilestone: (isLast) => session.milestoneRead(isLast, epochNowMs()),
    onDrain: () => session.drained(epochNowMs()),
    onClose: () => session[Symbol.dispose](),
  });
}
