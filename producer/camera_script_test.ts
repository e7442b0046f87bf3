import fc from "fast-check";
import assert from "node:assert/strict";
import * as net from "node:net";
import { SimulatedCamera } from "../deploy/camera/simulated_camera.ts";
import { cameraScript, cameraSourceArgs } from "./camera_script.ts";
import { type FfmpegEnd, FfmpegProcess } from "./ffmpeg_process.ts";
import { listenByTls } from "./testing/tls_listener.ts";

const SOURCE = { url: "rtsp://cam/1", patient: false, silenceMs: 5000 };
/** What means something to FFmpeg's script, to a URL or to a shell. */
const HOSTILE = ["'", '"', "\\", "%", "%27", "%0A", "#", ";", "$(id)", "`id`", " ", "|", "é", "📷"];

Deno.test("the script is one camera and how it is to be opened", () => {
  assert.equal(
    cameraScript(SOURCE),
    `ffconcat version 1.0
file 'rtsp://cam/1'
option protocol_whitelist tcp
option rtsp_transport tcp
option timeout 5000000
option allowed_media_types video
option probesize 32
option analyzeduration 0
`,
  );
});

Deno.test("rtsps may use TLS too; patience reads packets before it decides", () => {
  const lines = cameraScript({ ...SOURCE, url: "rtsps://cam/1", patient: true }).split("\n");
  assert.ok(lines.includes("option protocol_whitelist tcp,tls"));
  assert.ok(lines.includes("option tls_verify 0"));
  assert.ok(lines.includes("option probesize 1000000"));
  assert.ok(lines.includes("option analyzeduration 2000000"));
  const args = cameraSourceArgs({ ...SOURCE, patient: true });
  assert.equal(args[args.indexOf("-probesize") + 1], "1000000");
});

/** A line's second word as FFmpeg reads it (FFmpeg Utilities, "Quoting and escaping"). */
function unquoted(text: string): string {
  let read = "";
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "'") isQuoted = !isQuoted;
    else if (character === "\\" && !isQuoted) read += text[++index] ?? "";
    else if (character === " " && !isQuoted) throw new Error(`a second word in ${text}`);
    else read += character;
  }
  assert.ok(!isQuoted, `an open quote in ${text}`);
  return read;
}

Deno.test("whatever stands in a URL is the URL, and adds no line", () => {
  const [head, , ...options] = cameraScript(SOURCE).split("\n");
  const part = fc.array(
    fc.oneof(fc.constantFrom(...HOSTILE, "\noption x y", "\r\n", "\t"), fc.string()),
    { maxLength: 6 },
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(part, part, part, (user, path, query) => {
      const raw = `rtsp://${user}:${path}@cam/${path}?${query}`;
      // As settings are read: a URL, in its own spelling. Some are none.
      const url = URL.canParse(raw) ? new URL(raw).href : "rtsp://cam/";
      const lines = cameraScript({ ...SOURCE, url }).split("\n");
      assert.equal(unquoted(lines[1]?.slice("file ".length) ?? ""), url);
      assert.deepEqual([lines[0], ...lines.slice(2)], [head, ...options]);
    }),
    { numRuns: 500 },
  );
});

Deno.test("what a line does not hold, or is no camera's URL, is no script", () => {
  const urls = ["rtsp://cam/1\noption x y", "rtsp://cam/\r", "rtsp://cam/\0", "file:///etc/passwd"];
  for (const url of [...urls, "http://cam/", "-i", "", " rtsp://cam/", "concat:rtsp://cam/"]) {
    assert.throws(() => cameraScript({ ...SOURCE, url }), TypeError, JSON.stringify(url));
  }
});

/** Takes what it is asked, and never believes who asks. */
class MistrustfulCamera implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting = this.#accept();
  readonly host = `127.0.0.1:${this.#listener.addr.port}`;
  #asked = "";

  /** What it was asked since the last time. */
  take(): string {
    const asked = this.#asked;
    this.#asked = "";
    return asked;
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      for await (const text of connection.readable.pipeThrough(new TextDecoderStream())) {
        this.#asked += text;
        const sequence = /CSeq: (\d+)/.exec(text)?.[1];
        const answer = `RTSP/1.0 401 No\r\nCSeq: ${sequence}\r\nWWW-Authenticate: Basic realm="x"`;
        await connection.write(new TextEncoder().encode(`${answer}\r\n\r\n`));
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }
}

async function endOf(args: readonly string[], text: string): Promise<FfmpegEnd> {
  const output = ["-map", "0:v:0", "-c", "copy", "-frames:v", "2", "-f", "flv", "pipe:1"];
  await using ffmpeg = FfmpegProcess.spawn(["-loglevel", "error", ...args, ...output], { text });
  for await (const _ of ffmpeg.stdout) { /* until it ends */ }
  return await ffmpeg.ended;
}

Deno.test("FFmpeg asks the camera for the very same as with the URL as its argument", async () => {
  await using camera = new MistrustfulCamera();
  const paths = [
    ...HOSTILE.map((character) => `a${character}b/${character}?c=${character}&d`),
    "",
    "//a//b/",
    "user=admin&password=x%27y&channel=1.sdp?real_stream",
    "?a=../../b",
    "%2e%2e/c",
    "'; option x y #'",
  ];
  for (const path of paths) {
    const url = new URL(`rtsp://u%27:p%20%5C%25%27%40%23@${camera.host}/${path}`).href;
    await endOf(["-f", "rtsp", "-rtsp_transport", "tcp", "-i", url], "");
    const wanted = camera.take();
    const source = { ...SOURCE, url };
    await endOf(cameraSourceArgs(source), cameraScript(source));
    assert.match(wanted, /Authorization: Basic dSc6cCBcJSdAIw==/);
    assert.equal(camera.take(), wanted, url);
  }
});

Deno.test("a camera by TLS shows its pictures, whoever signed its certificate", async () => {
  const picture = { widthPx: 64, heightPx: 64, bitrateKbps: 100 };
  await using camera = await SimulatedCamera.start(picture);
  const { hostname, port, pathname } = new URL(camera.url);
  await using front = await listenByTls((socket) => {
    const behind = net.connect(Number(port), hostname);
    behind.on("error", () => {});
    behind.on("close", () => socket.destroy());
    socket.on("close", () => behind.destroy());
    socket.pipe(behind).pipe(socket);
  });
  const source = { ...SOURCE, url: `rtsps://127.0.0.1:${front.port}${pathname}` };
  const { code, stderrTail } = await endOf(cameraSourceArgs(source), cameraScript(source));
  assert.equal(code, 0, stderrTail.join("\n"));
});
