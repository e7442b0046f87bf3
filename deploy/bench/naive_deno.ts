/**
 * The yardstick by Deno alone: a server that sends every frame to every WebSocket in a loop, and
 * looks after nobody. `naive_deno.ts '{"fps":30,"frameBytes":16384,"maxSeconds":60}'` prints its
 * URL and ends when the time is up.
 *
 * @module
 */
import { paceFrames } from "./naive_frames.mjs";
import { print } from "./statistics.ts";

const sockets = new Set<WebSocket>();

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => print(`listens url=http://127.0.0.1:${port}/`),
}, (request) => {
  const protocol = request.headers.get("sec-websocket-protocol");
  const { socket, response } = Deno.upgradeWebSocket(
    request,
    protocol === null ? {} : { protocol },
  );
  socket.onopen = () => void sockets.add(socket);
  socket.onclose = () => void sockets.delete(socket);
  return response;
});
await paceFrames(JSON.parse(Deno.args[0] ?? ""), (frame) => {
  for (const socket of sockets) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
});
Deno.exit(0);
