import assert from "node:assert/strict";
import { SimulatedCamera } from "../deploy/camera/simulated_camera.ts";
import { knock } from "./camera_knock.ts";

const WITHIN_MS = 2_000;
const { signal } = new AbortController();

/** Takes one connection, says `answer` to whatever it is sent, and notes that. */
function listen(answer: string) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const heard = (async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(1024);
    const length = await connection.read(bytes) ?? 0;
    await connection.write(new TextEncoder().encode(answer));
    await connection.read(bytes).catch((error) => assert.ok(error instanceof Error));
    return new TextDecoder().decode(bytes.subarray(0, length));
  })();
  const url = `rtsp://admin:hunter22@127.0.0.1:${listener.addr.port}/cam?password=hunter22`;
  return { url, heard, [Symbol.dispose]: () => listener.close() };
}

Deno.test("a camera answers, and needs no password for it", async () => {
  const picture = { widthPx: 64, heightPx: 64, bitrateKbps: 100 };
  await using camera = await SimulatedCamera.start({ ...picture, auth: "digest", password: "x" });
  assert.equal(await knock(camera.url, WITHIN_MS, signal), true);
});

Deno.test("any answer is one, and neither user nor password is in the question", async () => {
  using camera = listen("RTSP/1.0 500 Not Yet\r\n\r\n");
  assert.equal(await knock(camera.url, WITHIN_MS, signal), true);
  const question = await camera.heard;
  assert.match(question, /^OPTIONS rtsp:\/\/127\.0\.0\.1:\d+\/cam RTSP\/1\.0\r\nCSeq: 1\r\n/);
  assert.doesNotMatch(question, /admin|hunter22|Authorization/i);
});

Deno.test("a port where nothing listens, or something else does, is nobody", async () => {
  using other = listen("HTTP/1.1 400 Bad Request\r\n\r\n");
  assert.equal(await knock(other.url, WITHIN_MS, signal), false);
  await other.heard;
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  assert.equal(await knock(`rtsp://127.0.0.1:${gone.addr.port}/`, WITHIN_MS, signal), false);
});

Deno.test("a name nobody knows is nobody", async () => {
  assert.equal(await knock("rtsp://no-such-camera.invalid/1", WITHIN_MS, signal), false);
});

Deno.test("a camera that is frozen takes connections and is not there all the same", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // its kernel accepts, nobody else
  const url = `rtsp://127.0.0.1:${listener.addr.port}/`;
  assert.equal(await knock(url, 100, signal), false);
  assert.equal(await knock(url, WITHIN_MS, AbortSignal.timeout(50)), false);
  assert.equal(await knock(url, WITHIN_MS, AbortSignal.abort()), false);
});
