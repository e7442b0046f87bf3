import { VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { type Context, Hono } from "hono";
import type { ClientRegistry } from "../client_registry.ts";
import { ClientSession } from "../client_session.ts";
import { errorResponse } from "../http_error.ts";
import type { Metrics } from "../metrics.ts";
import { refuseClient } from "../refusal.ts";
import { type StreamEnv, withStreamId } from "../stream_id.ts";
import type { StreamRegistry } from "../stream_registry.ts";

export interface WatchDeps {
  readonly streams: StreamRegistry;
  readonly clients: ClientRegistry;
  readonly metrics: Metrics;
  readonly maxAgeMs: number;
  /** The viewer's network address, for the cap an address. */
  readonly addressOf: (request: Request) => string;
}

const PING_AFTER_S = 30;

/** `GET /ws[/:stream]`: the upgrade to a WebSocket. */
export function watchRoutes(deps: WatchDeps): Hono<StreamEnv> {
  const routes = new Hono<StreamEnv>();
  const watch = (context: Context<StreamEnv>) => {
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
      return errorResponse(context, 426, "upgrade_required", "this is a WebSocket endpoint", {
        upgrade: "websocket",
      });
    }
    const address = deps.addressOf(context.req.raw);
    return refuseClient(context, address, deps) ?? upgrade(context, address, deps);
  };
  routes.get("/ws", withStreamId, watch);
  routes.get("/ws/:stream", withStreamId, watch);
  return routes;
}

function upgrade(
  context: Context<StreamEnv>,
  address: string,
  { streams, clients, metrics, maxAgeMs }: WatchDeps,
): Response {
  const offered = context.req.header("sec-websocket-protocol")?.split(",").map((p) => p.trim());
  const speaksControl = offered?.includes(VIEWER_SUBPROTOCOL) ?? false;
  const upgraded = tryUpgrade(context.req.raw, speaksControl);
  if (upgraded === undefined) {
    return errorResponse(context, 400, "malformed", "not a WebSocket handshake (RFC 6455, 4.1)");
  }
  const { socket, response } = upgraded;
  socket.binaryType = "arraybuffer";
  const hub = streams.waitFor(context.get("streamId"));
  const leave = () => {
    session[Symbol.dispose]();
    clients.remove(session);
    metrics.clientsConnected = clients.size;
  };
  const session = new ClientSession({
    ...{ socket, hub, metrics, maxAgeMs, speaksControl },
    onEnd: leave,
  });
  clients.add(session, address);
  metrics.clientsConnected = clients.size;
  socket.addEventListener("open", () => session.start());
  socket.addEventListener("message", ({ data }) => session.receive(data));
  socket.addEventListener("close", leave);
  socket.addEventListener("error", leave);
  return response;
}

function tryUpgrade(
  request: Request,
  speaksControl: boolean,
): Deno.WebSocketUpgrade | undefined {
  try {
    return Deno.upgradeWebSocket(request, {
      idleTimeout: PING_AFTER_S,
      ...(speaksControl ? { protocol: VIEWER_SUBPROTOCOL } : {}),
    });
  } catch (error) {
    // A header that is missing or wrong: the viewer's fault, not the server's.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
