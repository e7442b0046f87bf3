import assert from "node:assert/strict";
import { MisuseError } from "@porthole/protocol/service";
import {
  FfmpegMissingError,
  FfmpegProcess,
  FfmpegStartError,
  ffmpegVersion,
  isOlder,
} from "./ffmpeg_process.ts";
import { isRunning } from "../deploy/testing/process_table.ts";
import { insteadOfFfmpeg } from "./testing/fixtures.ts";

/** Pictures at their own pace for as long as somebody wants them. */
const ENDLESS = [
  ...["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=64x64"],
  ...["-f", "rawvideo", "pipe:1"],
];

const NEVER = new AbortController().signal;

/** What it writes is there only until more is asked for. */
async function read(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}

Deno.test("FFmpeg's output comes as it is made, and stops when asked", async () => {
  await using process = FfmpegProcess.spawn(ENDLESS);
  let bytes = 0;
  for await (const chunk of process.stdout) {
    bytes += chunk.byteLength;
    process.stop();
  }
  assert.ok(bytes > 0);
  const { code } = await process.ended;
  assert.equal(code, 255, "FFmpeg's code for having been asked to end");
});

Deno.test("what goes in by its standard input comes out", async () => {
  const args = ["-loglevel", "error", "-f", "s16le", "-i", "pipe:0", "-f", "s16le", "pipe:1"];
  await using process = FfmpegProcess.spawn(args, "piped");
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode("two bytes a sample, as you like it"));
  await writer.close();
  assert.equal(await read(process.stdout), "two bytes a sample, as you like it");
  assert.deepEqual(await process.ended, { code: 0, signal: null, stderrTail: [] });
});

Deno.test("a text that it is told comes to its end, whether it reads it or not", async () => {
  const text = "two bytes a sample, as you like it";
  const args = ["-loglevel", "error", "-f", "s16le", "-i", "pipe:0", "-f", "s16le", "pipe:1"];
  await using process = FfmpegProcess.spawn(args, { text });
  assert.equal(await read(process.stdout), text);
  assert.equal((await process.ended).code, 0);
  await using _ = await insteadOfFfmpeg("exit 3");
  await using deaf = FfmpegProcess.spawn([], { text: "x".repeat(1_000_000) });
  assert.equal(await read(deaf.stdout), "");
  assert.equal((await deaf.ended).code, 3);
});

Deno.test("its last words and code are told when it fails", async () => {
  await using process = FfmpegProcess.spawn(["-loglevel", "error", "-i", "/no/such/file"]);
  const { code, stderrTail } = await process.ended;
  assert.equal(code, 1);
  assert.deepEqual(stderrTail, ["/no/such/file: No such file or directory"]);
});

Deno.test("an FFmpeg that does not heed SIGTERM is killed", async () => {
  await using _ = await insteadOfFfmpeg("trap '' TERM; echo deaf; exec sleep 60");
  const process = FfmpegProcess.spawn([]);
  const reader = process.stdout.getReader();
  await reader.read(); // it is deaf by now
  await process[Symbol.asyncDispose]();
  const { code, signal } = await process.ended;
  assert.deepEqual([code, signal], [128 + 9, "SIGKILL"]);
  await reader.cancel();
});

Deno.test("SIGTERM is asked first, so that FFmpeg can say goodbye to the camera", async () => {
  const script = "trap 'echo goodbye >&2; exit 7' TERM; echo here; while :; do sleep 0.02; done";
  await using _ = await insteadOfFfmpeg(script);
  await using process = FfmpegProcess.spawn([]);
  const reader = process.stdout.getReader();
  await reader.read();
  process.stop();
  process.stop();
  assert.deepEqual(await process.ended, { code: 7, signal: null, stderrTail: ["goodbye"] });
  process.stop();
  await reader.cancel();
});

Deno.test("a flood on its standard error neither blocks it nor is kept", async () => {
  const flood = "yes 'frame was damaged' | head -c 3000000 >&2; echo >&2; echo last words >&2";
  await using _ = await insteadOfFfmpeg(`${flood}; echo done; exit 3`);
  await using process = FfmpegProcess.spawn([]);
  assert.equal(await read(process.stdout), "done\n");
  const { code, stderrTail } = await process.ended;
  assert.equal(code, 3);
  assert.equal(stderrTail.length, 20);
  assert.equal(stderrTail.at(-1), "last words");
});

Deno.test("a line on its standard error that never ends is not kept either", async () => {
  const endless = "head -c 30000000 /dev/zero | tr '\\0' x >&2";
  await using _ = await insteadOfFfmpeg(`${endless}; exit 3`);
  await using process = FfmpegProcess.spawn([]);
  assert.equal(await read(process.stdout), "");
  const { code, stderrTail } = await process.ended;
  assert.deepEqual([code, stderrTail], [3, ["…"]]);
});

Deno.test("an FFmpeg that is frozen is killed when it is to stop", async () => {
  const process = FfmpegProcess.spawn(ENDLESS);
  const reader = process.stdout.getReader();
  await reader.read();
  Deno.kill(process.pid, "SIGSTOP");
  await process[Symbol.asyncDispose]();
  assert.equal((await process.ended).signal, "SIGKILL");
  await reader.cancel();
});

Deno.test("an `ffmpeg` that leaves a child behind does not keep us: its pipes are let go", async () => {
  await using _ = await insteadOfFfmpeg("sleep 30 & echo $!; exit 4");
  await using process = FfmpegProcess.spawn([]);
  const child = Number(await read(process.stdout));
  assert.equal((await process.ended).code, 4);
  assert.ok(await isRunning(child), "it had not to end first");
  Deno.kill(child, "SIGKILL");
});

Deno.test("an FFmpeg that is there and cannot be started is told from one that is missing", async () => {
  await using _ = await insteadOfFfmpeg("exit 0");
  const tooMany = Array.from({ length: 100 }, () => "x".repeat(100_000));
  assert.throws(() => FfmpegProcess.spawn(tooMany), (error) => {
    assert.ok(error instanceof FfmpegStartError && error.cause instanceof Error);
    return true;
  });
});

Deno.test("disposing of it twice, or of one that has ended, is fine", async () => {
  const running = FfmpegProcess.spawn(ENDLESS);
  await Promise.all([running[Symbol.asyncDispose](), running[Symbol.asyncDispose]()]);
  await running[Symbol.asyncDispose]();
  const ended = FfmpegProcess.spawn(["-version"]);
  await read(ended.stdout);
  await ended.ended;
  await ended[Symbol.asyncDispose]();
});

Deno.test("without FFmpeg it says how to get it", async () => {
  await using _ = await insteadOfFfmpeg(undefined);
  const isHelpful = (error: unknown) => {
    assert.ok(error instanceof FfmpegMissingError && error instanceof MisuseError);
    assert.match(error.message, /apt install ffmpeg/);
    assert.ok(error.cause instanceof Deno.errors.NotFound);
    return true;
  };
  assert.throws(() => FfmpegProcess.spawn([]), isHelpful);
  await assert.rejects(ffmpegVersion(NEVER), isHelpful);
});

Deno.test("its version is what it says", async () => {
  assert.match(await ffmpegVersion(NEVER), /^[n\d]/);
  await using _ = await insteadOfFfmpeg("echo ffmpeg version 9.9-odd Copyright");
  assert.equal(await ffmpegVersion(NEVER), "9.9-odd");
});

Deno.test("an FFmpeg that does not know our options is too old, one of unknown version is not", () => {
  const old = ["4.4.2-0ubuntu0.22.04.1", "5.0.3", "n4.4"];
  const fine = ["5.1.9-0+deb12u1", "6.0", "n7.1-2-gabc", "10.0", "N-118123-g1234", "unknown"];
  assert.deepEqual(old.filter((version) => isOlder(version)), old);
  assert.deepEqual(fine.filter((version) => isOlder(version)), []);
});
