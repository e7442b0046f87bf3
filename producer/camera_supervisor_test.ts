import type { CameraStatus, Frame } from "@porthole/protocol";
import { createRedact } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { SimulatedCamera } from "../deploy/camera/simulated_camera.ts";
import { freePort } from "../deploy/testing/free_port.ts";
import { CameraSupervisor } from "./camera_supervisor.ts";
import { type CodecMode, loadConfig } from "./config.ts";
import { SequenceCounter } from "./frame_reader.ts";
import { isRunning, watchFfmpeg } from "./testing/derived_bench.ts";
import { type RecordedSpan, recordSpans } from "./testing/recorded_spans.ts";
import {
  captureLog,
  ffmpeg,
  h264Flv,
  h265Nut,
  insteadOfFfmpeg,
  until,
} from "./testing/fixtures.ts";

const PASSWORD = "p:a@ss word";
const RTSP_URL = `rtsp://admin:${PASSWORD}@127.0.0.1:9/1`;
const ENCODED_PASSWORD = "p%3Aa%40ss%20word";

interface WatchOptions {
  readonly url?: string;
  readonly mode?: CodecMode;
  /** Between two tries, at most, while the circuit is closed. */
  readonly delayMs?: number;
  /** Failures that open the circuit. */
  readonly attempts?: number;
  readonly stallMs?: number;
  readonly allow?: string;
  /** A fault of the owner's own. */
  readonly throwsAt?: CameraStatus["state"];
}

/** A supervisor that runs until it is disposed of, and all it told its owner, in order. */
class Watch implements AsyncDisposable {
  readonly frames: Frame[] = [];
  readonly events: string[] = [];
  readonly #abort = new AbortController();
  readonly ended: Promise<void>;

  constructor(options: WatchOptions = {}) {
    const { url = RTSP_URL, mode = "auto", delayMs = 10, attempts = 2, stallMs = 10_000 } = options;
    const { allow = "" } = options;
    const config = loadConfig({ RTSP_URL: url, RTSP_CODEC: mode, RTSP_ALLOW: allow });
    const supervisor = new CameraSupervisor({
      streamId: "door",
      camera: { ...config.camera, stallMs },
      jpeg: config.jpeg,
      retry: { attempts, delayMs },
      redact: createRedact(config.secrets),
      mainSequence: new SequenceCounter(),
      jpegSequence: new SequenceCounter(),
      onFrame: (frame) => void this.frames.push(frame),
      onEnd: () => void this.events.push("end"),
      onStatus: (status) => {
        this.events.push(wordsOf(status));
        if (status.state === options.throwsAt) throw new Error("the owner's own fault");
      },
    });
    this.ended = supervisor.run(this.#abort.signal);
  }

  async untilEvents(count: number): Promise<readonly string[]> {
    await until(() => this.events.length >= count, `${count} events came: ${this.events}`);
    return this.events.slice(0, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.ended;
  }
}

function wordsOf({ state, cause }: CameraStatus): string {
  return cause === "" ? state : `${state}: ${cause}`;
}

/** A file with what an FFmpeg would write, for scripts to `cat`. */
async function fileOf(bytes: Uint8Array): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile();
  await Deno.writeFile(path, bytes);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

const FLV = await h264Flv({ seconds: 1, size: "64x64", fps: 10 });
/** Whoever waited for it to pass would wait in vain. */
const LONG_DELAY = { delayMs: 600_000, attempts: 1 };

Deno.test("a real camera, whose password has : @ and a space, is passed through", async () => {
  await using camera = await SimulatedCamera.start({
    ...{ widthPx: 320, heightPx: 240, gopFrames: 10, bitrateKbps: 500 },
    ...{ auth: "digest", password: PASSWORD },
  });
  await using log = await captureLog();
  await using watch = new Watch({ url: camera.url });
  await until(() => watch.frames.length >= 15, "15 frames came");
  assert.deepEqual(watch.events, ["connecting", "live"]);
  const [first] = watch.frames;
  assert.equal(first?.key, true);
  assert.deepEqual([first.width, first.height, first.rendition], [320, 240, "main"]);
  assert.deepEqual(watch.frames.map(({ seq }) => seq), watch.frames.map((_, index) => index));
  assert.ok(log.lines.some((line) => /camera is live plan=passthrough codec=avc1/.test(line)));
  await watch[Symbol.asyncDispose]();
  const count = watch.frames.length;
  assert.ok(!watch.events.includes("end"), "being stopped is no end of the camera's");
  assert.equal(watch.frames.length, count);
});

Deno.test("another codec is transcoded at once: no failure, no delay", async () => {
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`case "$*" in
    *"-c:v copy"*) echo "[flv @ 0x5] Video codec mjpeg not compatible with flv" >&2; exit 1;;
    *libx264*) cat ${flv.path}; exec sleep 60;;
    esac`);
  await using watch = new Watch({ delayMs: 60_000 });
  await until(() => watch.frames.length === 10, "the frames came");
  assert.deepEqual(watch.events, ["connecting", "end", "connecting", "live"]);
});

/** What FFmpeg makes of H.265 in FLV: words up to 6.0, the enhanced FLV from then on. */
const H265_IN_FLV: Readonly<Record<string, string>> = {
  "an old FFmpeg": 'echo "[flv @ 0x5] Video codec hevc not compatible with flv" >&2; exit 1',
  // The header of the file, then a tag of `hvc1`.
  "a new FFmpeg": "printf 'FLV\\001\\001\\000\\000\\000\\011\\000\\000\\000\\000" +
    "\\011\\000\\000\\006\\000\\000\\000\\000\\000\\000\\000\\220hvc1\\001'; exec sleep 60",
};

for (const [name, sees] of Object.entries(H265_IN_FLV)) {
  Deno.test(`H.265 is passed through at once: no failure, no delay, by ${name}`, async () => {
    await using nut = await fileOf(await h265Nut({ seconds: 1, fps: 10, size: "64x64" }));
    await using _ = await insteadOfFfmpeg(`case "$*" in
      *"-c:v copy"*"-f flv"*) ${sees};;
      *"-c:v copy -f nut"*) cat ${nut.path}; exec sleep 60;;
      esac`);
    await using watch = new Watch({ delayMs: 60_000 });
    await until(() => watch.frames.length === 10, "the frames came");
    assert.deepEqual(watch.events, ["connecting", "end", "connecting", "live"]);
    for (const { rendition, codec } of watch.frames) {
      assert.equal(rendition, "source");
      assert.match(codec ?? "", /^hvc1\./);
    }
  });
}

Deno.test("H.265 that browsers do not play is transcoded at once", async () => {
  const pixels = ["-pix_fmt", "yuv422p"];
  await using nut = await fileOf(await h265Nut({ seconds: 1, size: "64x64", args: pixels }));
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`case "$*" in
    *"-c:v copy"*"-f flv"*) ${H265_IN_FLV["an old FFmpeg"]};;
    *"-c:v copy -f nut"*) cat ${nut.path}; exec sleep 60;;
    *libx264*) cat ${flv.path}; exec sleep 60;;
    esac`);
  await using watch = new Watch({ delayMs: 60_000 });
  await until(() => watch.frames.length === 10, "the frames came");
  assert.equal(watch.frames[0]?.rendition, "main");
  assert.deepEqual(watch.events, [
    ...["connecting", "end", "connecting", "end", "connecting", "live"],
  ]);
});

Deno.test("H.264 that browsers do not play is transcoded at once", async () => {
  const highFlv = await h264Flv({ seconds: 1, size: "64x64", args: ["-pix_fmt", "yuv422p"] });
  await using high = await fileOf(highFlv);
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`case "$*" in
    *"-c:v copy"*) cat ${high.path}; exec sleep 60;;
    *libx264*) cat ${flv.path}; exec sleep 60;;
    esac`);
  await using watch = new Watch({ delayMs: 60_000 });
  await until(() => watch.frames.length === 10, "the frames came");
  assert.deepEqual(watch.events, ["connecting", "end", "connecting", "live"]);
});

Deno.test("in JPEG mode another codec becomes JPEGs, without H.264 in between", async () => {
  await using smjpeg = await fileOf(
    await ffmpeg([
      ...["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=1"],
      ...["-c:v", "mjpeg", "-f", "smjpeg", "pipe:1"],
    ]),
  );
  await using _ = await insteadOfFfmpeg(`case "$*" in
    *"-c:v copy"*) echo "Video codec mjpeg not compatible with flv" >&2; exit 1;;
    *smjpeg*) cat ${smjpeg.path}; exec sleep 60;;
    esac`);
  await using watch = new Watch({ mode: "jpeg" });
  await until(() => watch.frames.length === 5, "the JPEGs came");
  assert.ok(watch.frames.every(({ rendition, codec }) => rendition === "jpeg" && codec === "jpeg"));
});

Deno.test("a camera that does not describe its video is read with patience, at once", async () => {
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`case "$*" in
    *"-probesize 32 "*) echo "[flv @ 0x5] dimensions not set" >&2; exit 1;;
    *"-probesize 1000000 "*) cat ${flv.path}; exec sleep 60;;
    esac`);
  await using watch = new Watch({ delayMs: 60_000 });
  await until(() => watch.frames.length === 10, "the frames came");
  assert.deepEqual(watch.events, ["connecting", "end", "connecting", "live"]);
});

Deno.test("failures are counted, told in words without secrets, and open the circuit", async () => {
  const words = `rtsp://admin:${ENCODED_PASSWORD}@127.0.0.1:9/1: Connection refused`;
  await using _ = await insteadOfFfmpeg(`echo "${words}" >&2; exit 1`);
  await using log = await captureLog();
  await using watch = new Watch();
  const failed = "failed: nothing listens at the camera's address and port";
  assert.deepEqual(await watch.untilEvents(7), [
    ...["connecting", "end", failed, "end", failed, "end", failed],
  ]);
  await watch[Symbol.asyncDispose]();
  const warnings = log.lines.filter((line) => / WARN producer.camera: no picture/.test(line));
  assert.match(warnings[0] ?? "", /code=refused failures=1 circuit=closed retryInS=/);
  assert.match(warnings[1] ?? "", /failures=2 circuit=open/);
  assert.match(warnings[2] ?? "", /failures=3 circuit=open/);
  assert.doesNotMatch(log.lines.join("\n"), /ss word|ss%20word/);
});

Deno.test("words nobody knows are told without the secrets and URLs in them", async () => {
  const words = `odd: ${PASSWORD} and rtsp://admin:${ENCODED_PASSWORD}@127.0.0.1:9/1 ${PASSWORD}`;
  await using _ = await insteadOfFfmpeg(`echo "${words}" >&2; exit 1`);
  await using log = await captureLog();
  await using watch = new Watch();
  const [, , failed] = await watch.untilEvents(3);
  assert.equal(failed, "failed: FFmpeg ended: odd: *** and camera ***");
  assert.doesNotMatch(log.lines.join("\n"), /ss word|ss%20word|127\.0\.0\.1/);
});

Deno.test("a camera that ends is tried again, and its frames are numbered on", async () => {
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`cat ${flv.path}`);
  await using watch = new Watch();
  await until(() => watch.frames.length >= 20, "the frames of two connections came");
  assert.deepEqual(await watch.untilEvents(6), [
    ...["connecting", "live", "end", "failed: camera ended the stream", "live", "end"],
  ]);
  assert.deepEqual(watch.frames.map(({ seq }) => seq), watch.frames.map((_, index) => index));
  assert.equal(watch.frames[10]?.key, true);
});

/** Name, cause, failure; each has ended once. */
function toldOf(spans: readonly RecordedSpan[]): string[] {
  return spans.map(({ name, attributes, failure, ends }) => {
    assert.equal(ends, 1, `${name} has ended ${ends} times`);
    return [name, attributes["cause"], failure].filter((word) => word !== undefined).join(" ");
  });
}

Deno.test("a restart is a span from the end of the pictures to the next one, over all failures", async () => {
  using recorded = recordSpans();
  await using flv = await fileOf(FLV);
  await using watch = await (async () => {
    await using _ = await insteadOfFfmpeg("exit 1");
    const watch = new Watch();
    await until(() => watch.events.filter((event) => event === "end").length >= 2, "it failed");
    return watch;
  })();
  await using _ = await insteadOfFfmpeg(`cat ${flv.path}; exec sleep 60`);
  await until(() => watch.events.at(-1) === "live", "it is live");
  await watch[Symbol.asyncDispose]();
  const told = toldOf(recorded.spans);
  assert.deepEqual(told.slice(0, 3), [
    ...["camera.connect ended", "camera.restart ended", "camera.connect ended"],
  ]);
  assert.equal(told.at(-1), "camera.connect");
  assert.equal(told.filter((span) => span.startsWith("camera.restart")).length, 1);
});

Deno.test("a restart that nobody wants any more, or whose owner fails, ends as a span too", async () => {
  const failed = ["camera.connect ended", "camera.restart ended no longer wanted"];
  await using _ = await insteadOfFfmpeg("exit 1");
  {
    using recorded = recordSpans();
    const watch = new Watch(LONG_DELAY);
    await watch.untilEvents(3);
    await watch[Symbol.asyncDispose]();
    assert.deepEqual(toldOf(recorded.spans), failed);
  }
  {
    using recorded = recordSpans();
    const watch = new Watch({ throwsAt: "failed" });
    await assert.rejects(watch.ended, /the owner's own fault/);
    assert.deepEqual(toldOf(recorded.spans), failed);
  }
  await using _silent = await insteadOfFfmpeg("exec sleep 60");
  using recorded = recordSpans();
  const watch = new Watch();
  await watch.untilEvents(1);
  await watch[Symbol.asyncDispose]();
  assert.deepEqual(toldOf(recorded.spans), ["camera.connect no longer wanted"]);
});

Deno.test("an FFmpeg that writes damaged video is stopped and replaced", async () => {
  await using _ = await insteadOfFfmpeg("echo 'HTTP/1.1 200 OK'; exec sleep 60");
  await using watch = new Watch();
  const events = await watch.untilEvents(5);
  assert.match(events[2] ?? "", /^failed: video is damaged: the bytes do not start with "FLV"$/);
});

Deno.test("an FFmpeg that vanishes is said to be missing, and is waited for", async () => {
  await using flv = await fileOf(FLV);
  await using watch = await (async () => {
    await using _ = await insteadOfFfmpeg(undefined);
    const watch = new Watch();
    const missing = "failed: FFmpeg is missing where the producer runs";
    assert.deepEqual(await watch.untilEvents(3), ["connecting", "end", missing]);
    return watch;
  })();
  await using _ = await insteadOfFfmpeg(`cat ${flv.path}; exec sleep 60`);
  await until(() => watch.events.at(-1) === "live", "it is live");
});

Deno.test("stopped while it leaves the camera alone, it ends at once", async () => {
  await using _ = await insteadOfFfmpeg("exit 1");
  const watch = new Watch({ delayMs: 60_000, attempts: 1 });
  await watch.untilEvents(3);
  await watch[Symbol.asyncDispose]();
  assert.equal(watch.events.length, 3);
});

Deno.test("a camera that stays connected and sends no pictures is connected to anew", async () => {
  await using flv = await fileOf(FLV);
  await using _ = await insteadOfFfmpeg(`cat ${flv.path}; exec sleep 60`);
  await using watch = new Watch({ stallMs: 300 });
  const stalled = "failed: stream stalled: camera is connected but sends no pictures";
  const events = await watch.untilEvents(5);
  assert.deepEqual(events, ["connecting", "live", "end", stalled, "live"]);
});

/** Whoever connects has a keyframe within a third of a second. */
const PICTURE = { widthPx: 320, heightPx: 240, fps: 15, gopFrames: 5, bitrateKbps: 300 };

function isLive(watch: Watch): boolean {
  return watch.events.at(-1) === "live";
}

Deno.test("a camera that comes back is noticed however long it would have been left alone", async () => {
  const port = freePort();
  await using watch = new Watch({ url: `rtsp://127.0.0.1:${port}/camera`, ...LONG_DELAY });
  const failed = "failed: nothing listens at the camera's address and port";
  assert.deepEqual(await watch.untilEvents(3), ["connecting", "end", failed]);
  await using _camera = await SimulatedCamera.start({ ...PICTURE, port });
  await until(() => isLive(watch), "it is live");
  assert.deepEqual(watch.events.slice(3), ["connecting", "live"]);
});

Deno.test("a refused password is not tried again, until the camera has been away", async () => {
  await using log = await captureLog();
  await using attempts = await watchFfmpeg();
  const port = freePort();
  const options = { ...PICTURE, port, auth: "digest", password: "of before" } as const;
  await using other = await SimulatedCamera.start({ ...options, password: "another" });
  const url = `rtsp://admin:of%20before@127.0.0.1:${port}/camera`;
  await using watch = new Watch({ url, ...LONG_DELAY });
  const refused = "failed: camera refused the user name or password";
  assert.deepEqual(await watch.untilEvents(3), ["connecting", "end", refused]);
  const knocks = () => log.lines.filter((line) => /nobody answers/.test(line)).length;
  assert.equal(knocks(), 0);
  await other[Symbol.asyncDispose]();
  await until(() => knocks() >= 2, "it was seen to be away");
  assert.equal(
    (await attempts.started()).filter(({ args }) => args.includes("camera=rtsp:")).length,
    1,
  );
  await using _camera = await SimulatedCamera.start(options);
  await until(() => isLive(watch), "it is live");
});

Deno.test("a camera that comes back with another codec and size goes on, its frames numbered on", async () => {
  const port = freePort();
  await using before = await SimulatedCamera.start({ ...PICTURE, port });
  await using watch = new Watch({ url: before.url });
  await until(() => watch.frames.length >= 5, "H.264 came");
  await before[Symbol.asyncDispose]();
  await until(() => watch.events.some((event) => event.startsWith("failed")), "it was missed");
  await using other = await SimulatedCamera.start({
    ...{ ...PICTURE, port, codec: "h265", widthPx: 480, heightPx: 272 },
  });
  await until(() => watch.frames.at(-1)?.width === 480, "H.265 came");
  const of = (name: string) => watch.frames.filter(({ rendition }) => rendition === name);
  for (const frames of [of("main"), of("source")]) {
    assert.deepEqual(frames.map(({ seq }) => seq), frames.map((_, index) => index));
  }
  const [firstOfOther] = of("source");
  assert.ok(firstOfOther?.key === true && firstOfOther.config !== undefined);
  assert.match(firstOfOther.codec ?? "", /^hvc1\./);
  await other[Symbol.asyncDispose]();
  const soFar = of("main").length;
  await using _again = await SimulatedCamera.start({ ...PICTURE, port });
  await until(() => of("main").length > soFar, "H.264 came again");
  assert.deepEqual(of("main").map(({ seq }) => seq), of("main").map((_, index) => index));
});

for (
  const [signal, words, stallMs] of [
    ["SIGKILL", /^failed: FFmpeg was killed \(SIGKILL\)/, 60_000],
    ["SIGTERM", /^failed: FFmpeg was killed \(SIGTERM\)/, 60_000],
    ["SIGSTOP", /^failed: stream stalled/, 1_000],
  ] as const
) {
  Deno.test(`an FFmpeg that gets ${signal} is said so, replaced, and gone`, async () => {
    await using camera = await SimulatedCamera.start(PICTURE);
    await using ffmpegs = await watchFfmpeg();
    await using watch = new Watch({ url: camera.url, stallMs });
    await until(() => watch.frames.length >= 5, "frames came");
    // A machine that stood still has had it replaced before.
    const running = (await ffmpegs.started()).at(-1);
    assert.ok(running !== undefined);
    const before = watch.events.length;
    Deno.kill(running.pid, signal);
    const [end, failed, live] = (await watch.untilEvents(before + 3)).slice(before);
    assert.deepEqual([end, live], ["end", "live"]);
    assert.match(failed ?? "", words);
    assert.ok(!isRunning(running.pid));
  });
}

Deno.test("a camera whose address RTSP_ALLOW does not allow is not connected to", async () => {
  await using camera = await SimulatedCamera.start(PICTURE);
  await using ffmpegs = await watchFfmpeg();
  await using watch = new Watch({ url: camera.url, allow: "10.0.0.0/8" });
  const [, , failed] = await watch.untilEvents(3);
  assert.equal(failed, "failed: camera's address is not one that RTSP_ALLOW allows");
  assert.deepEqual(await ffmpegs.started(), []);
  await using allowed = new Watch({
    url: camera.url.replace("127.0.0.1", "localhost"),
    allow: "127.0.0.0/8",
  });
  await until(() => isLive(allowed), "it is live");
  const [{ args } = { args: "" }] = await ffmpegs.started();
  assert.match(args, /camera=rtsp:\/\/127\.0\.0\.1:/, "by the address that was checked");
});
