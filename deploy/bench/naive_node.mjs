/*
 * The yardstick by Node and its package ws: as naive_deno.ts.
 * `node naive_node.mjs WS_MODULE_URL '{"fps":30,"frameBytes":16384,"maxSeconds":60}'`
 */
import process from "node:process";
import { paceFrames } from "./naive_frames.mjs";

const [, , wsUrl, pace] = process.argv;
const { WebSocketServer } = await import(wsUrl);

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => {
  process.stdout.write(`listens url=http://127.0.0.1:${server.address().port}/\n`);
});
server.on("connection", (socket) => socket.on("error", () => socket.terminate()));
await paceFrames(JSON.parse(pace), (frame) => {
  for (const socket of server.clients) if (socket.readyState === socket.OPEN) socket.send(frame);
});
process.exit(0);
