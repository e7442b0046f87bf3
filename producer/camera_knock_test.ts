import assert from "node:assert/strict";
import { SimulatedCamera } from "../deploy/camera/simulated_camera.ts";
import { knock } from "./camera_knock.ts";
import { listenByTls } from "./testing/tls_listener.ts";

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

/** A camera that speaks TLS, and says `answer` to whatever it is sent. */
async function answerByTls(answer: string) {
  let heard = "";
  const listener = await listenByTls((socket) => {
    socket.once("data", (question) => {
      heard = question.toString();
      socket.end(answer);
    });
  });
  return {
    port: listener.port,
    heard: () => heard,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

Deno.test("a camera that speaks TLS answers, whoever signed its certificate, by name and by address", async () => {
  await using camera = await answerByTls("RTSP/1.0 200 OK\r\n\r\n");
  for (const host of ["127.0.0.1", "localhost"]) {
    const url = `rtsps://admin:hunter22@${host}:${camera.port}/cam`;
    assert.equal(await knock(url, WITHIN_MS, signal), true, host);
    assert.match(camera.heard(), /^OPTIONS rtsps:\/\/[^@]+\/cam RTSP\/1\.0\r\n/);
  }
  assert.equal(await knock(`rtsp://127.0.0.1:${camera.port}/`, 300, signal), false, "in the clear");
});

Deno.test("by TLS too something else is nobody, and so is a camera without TLS", async () => {
  await using other = await answerByTls("HTTP/1.1 400 Bad Request\r\n\r\n");
  assert.equal(await knock(`rtsps://127.0.0.1:${other.port}/`, WITHIN_MS, signal), false);
  using clear = listen("RTSP/1.0 200 OK\r\n\r\n");
  assert.equal(await knock(clear.url.replace("rtsp:", "rtsps:"), WITHIN_MS, signal), false);
  await clear.heard;
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
