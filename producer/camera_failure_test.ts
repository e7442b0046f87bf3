import assert from "node:assert/strict";
import { createRedact } from "@porthole/protocol/service";
import { type CameraFailureCode, classifyError, classifyFfmpegEnd } from "./camera_failure.ts";
import { cameraScript } from "./camera_script.ts";
import { NotH264Error } from "./demux/flv.ts";
import { NutError } from "./demux/nut.ts";
import { cameraArgs, type CameraPlan } from "./ffmpeg_args.ts";
import { type FfmpegEnd, FfmpegProcess, FfmpegStartError } from "./ffmpeg_process.ts";
import { H264FrameReader, SequenceCounter } from "./frame_reader.ts";
import { NotH265Error } from "./h265_frame_reader.ts";
import { ffmpeg } from "./testing/fixtures.ts";
import { RECORDED_WORDS } from "./testing/recorded_words.ts";

const PASSWORD = "hunter22";
const JPEG = { targetFps: 30, maxWidthPx: 1280, quality: 85, bufferFrames: 1 };
const redact = createRedact([PASSWORD]);

/** How the real FFmpeg ends on this camera. */
async function ffmpegEnd(
  url: string,
  plan: CameraPlan = "passthrough",
  silenceMs = 5000,
): Promise<FfmpegEnd> {
  const input = { url, plan, patient: false, silenceMs };
  const text = cameraScript(input);
  await using process = FfmpegProcess.spawn(cameraArgs(input, JPEG), { text });
  for await (const _ of process.stdout) { /* until it ends */ }
  return await process.ended;
}

/** What is found when the real FFmpeg has this to pass through, whatever its age. */
async function passthroughCode(video: Uint8Array<ArrayBuffer>) {
  const args = cameraArgs(
    { url: "rtsp://unused/", plan: "passthrough", patient: false, silenceMs: 300 },
    JPEG,
  );
  const output = args.slice(args.indexOf("-i") + 2);
  const input = ["-loglevel", "error", "-i", "pipe:0"];
  await using process = FfmpegProcess.spawn([...input, ...output], "piped");
  const writer = process.stdin.getWriter();
  await writer.write(video);
  await writer.close();
  const reader = new H264FrameReader(new SequenceCounter());
  try {
    for await (const chunk of process.stdout) for (const _ of reader.push(chunk));
  } catch (error) {
    return classifyError(error, redact)?.code;
  }
  return classifyFfmpegEnd(await process.ended, redact).code;
}

/** Status and headers by the method of the request; "silence" for none. */
type Answer = (method: string) => string;

/** Answers each RTSP request by its method, or not at all, and hangs up instead of playing. */
class StubCamera implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #accepting: Promise<void>;
  readonly url: string;

  constructor(answer: Answer) {
    // A path with a number in it that is no status.
    this.url = `rtsp://admin:${PASSWORD}@127.0.0.1:${this.#listener.addr.port}/Channels/401`;
    this.#accepting = this.#accept(answer);
  }

  async #accept(answer: Answer): Promise<void> {
    for await (const connection of this.#listener) await this.#serve(connection, answer);
  }

  async #serve(connection: Deno.Conn, answer: Answer) {
    using _ = connection;
    let text = "";
    for await (const chunk of connection.readable.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const request = /^(\S+) [^]*?CSeq: (\d+)[^]*?\r\n\r\n/.exec(text);
      if (request === null) continue;
      text = "";
      const [, method = "", sequence] = request;
      const reply = answer(method);
      if (reply === "silence") continue;
      const [status, ...rest] = reply.split("\n");
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...rest];
      await connection.write(new TextEncoder().encode(lines.join("\r\n")));
      if (method === "PLAY") return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
  }
}

function described(media: string): Answer {
  const sdp = `v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nt=0 0\n${media}\n`;
  const bytes = sdp.replaceAll("\n", "\r\n").length;
  return (method) => {
    if (method !== "DESCRIBE") return "200 OK\nSession: 1\n\n";
    return `200 OK\nContent-Type: application/sdp\nContent-Length: ${bytes}\n\n${sdp}`;
  };
}

async function assertClassified(
  answer: Answer,
  expected: { code: CameraFailureCode; cause: RegExp; plan?: CameraPlan; silenceMs?: number },
): Promise<void> {
  await using camera = new StubCamera(answer);
  const end = await ffmpegEnd(camera.url, expected.plan, expected.silenceMs);
  const failure = classifyFfmpegEnd(end, redact);
  assert.equal(failure.code, expected.code, end.stderrTail.join("\n"));
  assert.match(failure.cause, expected.cause);
  assert.doesNotMatch(failure.cause, /hunter22|127\.0\.0\.1|rtsp:/);
}

const STATUSES: readonly [string, CameraFailureCode, RegExp][] = [
  ["401 Unauthorized", "unauthorized", /refused the user name or password/],
  ["401 Who are you", "unauthorized", /refused the user name or password/],
  ["403 Forbidden", "unauthorized", /refused/],
  ["404 Not Found", "not_found", /no stream at this path/],
  ["454 Session Not Found", "ffmpeg_failed", /(camera|input files): Server returned 4XX/],
  ["503 Service Unavailable", "ffmpeg_failed", /(camera|input files): Server returned 5XX/],
];

for (const [status, code, cause] of STATUSES) {
  Deno.test(`a camera that answers ${status}: ${code}`, async () => {
    await assertClassified(() => `${status}\n\n`, { code, cause });
  });
}

Deno.test("a camera that never answers cannot be reached", async () => {
  const cause = /does not answer/;
  await assertClassified(() => "silence", { code: "unreachable", cause, silenceMs: 300 });
});

Deno.test("a port where nothing listens refuses", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const end = await ffmpegEnd(`rtsp://admin:${PASSWORD}@127.0.0.1:${port}/Streaming/Channels/401`);
  assert.equal(classifyFfmpegEnd(end, redact).code, "refused", end.stderrTail.join("\n"));
});

Deno.test("a name nobody knows is an unknown host", async () => {
  // An FFmpeg that is linked statically with glibc may crash at any name.
  const known = await ffmpegEnd("rtsp://localhost:1/");
  if (known.signal === "SIGSEGV") {
    assert.equal(classifyFfmpegEnd(known, redact).cause, "FFmpeg crashed (SIGSEGV)");
    return;
  }
  const end = await ffmpegEnd(`rtsp://admin:${PASSWORD}@no-such-camera.invalid/1`);
  assert.equal(classifyFfmpegEnd(end, redact).code, "unknown_host", end.stderrTail.join("\n"));
});

Deno.test("a camera without video", async () => {
  await assertClassified(described("m=audio 0 RTP/AVP 0\na=control:t0"), {
    code: "no_video",
    cause: /no video/,
  });
});

Deno.test("a camera that does not describe its H.264", async () => {
  const h264 = "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:t0";
  const describe = described(h264);
  const answer = (method: string) => {
    if (method === "SETUP") {
      return "200 OK\nSession: 1\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\n\n";
    }
    return describe(method);
  };
  const cause = /does not describe its video/;
  await assertClassified(answer, { code: "parameters_missing", cause });
  await assertClassified(answer, { code: "ended", cause: /no pictures/, plan: "transcode" });
});

const PICTURES = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1"];

Deno.test("H.265 and MJPEG are not H.264, and H.265 is known as such", async () => {
  const [h265, mjpeg] = await Promise.all([
    ffmpeg([...PICTURES, "-c:v", "libx265", "-x265-params", "log-level=0", "-f", "hevc", "pipe:1"]),
    ffmpeg([...PICTURES, "-c:v", "mjpeg", "-f", "matroska", "pipe:1"]),
  ]);
  for (const [video, code] of [[h265, "is_h265"], [mjpeg, "not_h264"]] as const) {
    assert.equal(await passthroughCode(video), code);
  }
});

Deno.test("what another reader of pictures finds is told apart", () => {
  const codeOf = (error: Error) => classifyError(error, redact)?.code;
  assert.equal(codeOf(new NotH264Error("Sorenson")), "not_h264");
  assert.equal(codeOf(new NotH264Error("H.265", true)), "is_h265");
  assert.equal(codeOf(new NotH265Error("profile 4")), "not_h265");
  assert.equal(codeOf(new NutError("no frame code")), "ffmpeg_failed");
});

Deno.test("newer FFmpegs say the same in other words", () => {
  for (const [version, expected, words] of RECORDED_WORDS) {
    const end = { code: 8, signal: null, stderrTail: words.split("\n") };
    const { code, cause } = classifyFfmpegEnd(end, redact);
    assert.equal(code, expected, `${version}: ${words}`);
    assert.doesNotMatch(cause, /127\.0\.0\.1|rtsps?:/);
  }
});

Deno.test("a certificate that is not trusted is told apart, whichever library checks it", () => {
  const words = [
    "[tls @ 0x1] error:0A000086:SSL routines::certificate verify failed", // 9.0.2 with OpenSSL
    // With GnuTLS (libavformat/tls_gnutls.c).
    "[tls @ 0x1] Unable to verify peer certificate: No certificate was found.",
    "[tls @ 0x1] Peer certificate failed verification",
    "[tls @ 0x1] The certificate's owner does not match hostname cam.lan",
  ];
  for (const line of words) {
    const end = { code: 1, signal: null, stderrTail: [line, "pipe:0: Input/output error"] };
    assert.equal(classifyFfmpegEnd(end, redact).code, "untrusted_certificate", line);
  }
});

Deno.test("an end without a word, or with code 0, is the camera's", () => {
  const codeOf = (code: number, ...stderrTail: string[]) =>
    classifyFfmpegEnd({ code, signal: null, stderrTail }, redact).code;
  assert.equal(codeOf(0), "ended");
  assert.equal(codeOf(1), "ended");
  assert.equal(codeOf(0, "late packet"), "ended");
});

Deno.test("an FFmpeg that was killed, or asked to end by somebody else, is said to have been", () => {
  const killed = (signal: Deno.Signal | null, code: number) =>
    classifyFfmpegEnd({ code, signal, stderrTail: ["Connection refused"].slice(code) }, redact);
  assert.deepEqual(killed("SIGKILL", 137), {
    code: "ffmpeg_killed",
    cause: "FFmpeg was killed (SIGKILL), by somebody, or by the system for want of memory",
  });
  assert.equal(killed("SIGSEGV", 139).cause, "FFmpeg crashed (SIGSEGV)");
  assert.equal(killed(null, 255).cause, "FFmpeg was killed (SIGTERM), by somebody");
});

Deno.test("what an FFmpeg of other abilities says is that the codec is not usable", () => {
  const words = [
    "Unknown encoder 'libx264'",
    "Decoder (codec none) not found for input stream #0:0",
    "Decoding requested, but no decoder found for: av1",
  ];
  for (const line of words) {
    const { code, cause } = classifyFfmpegEnd(
      { code: 1, signal: null, stderrTail: [line] },
      redact,
    );
    assert.deepEqual([code, /^codec not usable: /.test(cause)], ["codec_unusable", true], line);
  }
});

Deno.test("what is no failure of the camera's or FFmpeg's is a bug, and stays one", () => {
  assert.equal(classifyError(new TypeError("x is not a function"), redact), undefined);
  const started = new FfmpegStartError("no", { cause: new Error(`EAGAIN ${PASSWORD}`) });
  assert.deepEqual(classifyError(started, redact), {
    code: "ffmpeg_failed",
    cause: "FFmpeg cannot be started: EAGAIN ***",
  });
});

Deno.test("what is not known is told in FFmpeg's last words, cut, without secret or URL", () => {
  const stderrTail = [
    "something before",
    `rtsp://admin:${PASSWORD}@cam.lan:554/live?password=${PASSWORD}: odd ${PASSWORD} ${
      "x".repeat(400)
    }`,
  ];
  const { code, cause } = classifyFfmpegEnd({ code: 1, signal: null, stderrTail }, redact);
  assert.equal(code, "ffmpeg_failed");
  assert.match(cause, /^FFmpeg ended: camera:? odd \*\*\* x+$/);
  assert.ok(cause.length < 250);
});
