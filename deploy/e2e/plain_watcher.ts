/**
 * All it takes to watch: a WebSocket without subprotocol and a MessagePack decoder.
 * `deno run -A deploy/e2e/plain_watcher.ts URL FRAMES`
 */
import { decode } from "@msgpack/msgpack";

const [url = "ws://127.0.0.1:3000/ws", frames = "1"] = Deno.args;
const socket = new WebSocket(url);
socket.binaryType = "arraybuffer";
let seen = 0;
socket.onmessage = ({ data }) => {
  if (seen === Number(frames)) return;
  const frame = decode(data) as { width: number; height: number; data: Uint8Array };
  const line = `${frame.width}x${frame.height} ${frame.data.length} bytes\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
  if (++seen === Number(frames)) socket.close();
};
