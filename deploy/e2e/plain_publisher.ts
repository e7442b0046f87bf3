/**
 * All it takes to publish: JPEGs as MessagePack maps of four fields, a request each.
 * `deno run -A deploy/e2e/plain_publisher.ts URL FRAMES [WIDTH HEIGHT]`
 */
import { encode } from "@msgpack/msgpack";
import { execFileSync } from "node:child_process";

const [url = "http://127.0.0.1:3000/ingest", frames = "1", width = "320", height = "240"] =
  Deno.args;
const size = `testsrc2=s=${width}x${height}`;
const data = execFileSync("ffmpeg", [
  ...["-loglevel", "error", "-f", "lavfi", "-i", size, "-frames:v", "1"],
  ...["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-f", "image2", "pipe:1"],
]);
for (let frame = 0; frame < Number(frames); frame++) {
  const body = encode({ timestamp: Date.now(), width: +width, height: +height, data });
  const response = await fetch(url, { method: "POST", body });
  Deno.stdout.writeSync(new TextEncoder().encode(`${response.status}\n`));
  await response.body?.cancel();
}
