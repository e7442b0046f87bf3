import { configure, reset } from "@logtape/logtape";
import assert from "node:assert/strict";
import { formatRecord, sleep } from "@porthole/protocol/service";
import { FlvDemuxer, type FlvVideo } from "../demux/flv.ts";

export type FlvAccessUnit = Extract<FlvVideo, { kind: "access-unit" }>;

/** The standard output of a real FFmpeg. */
export async function ffmpeg(
  args: readonly string[],
  stdin?: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("ffmpeg", {
    args: ["-hide_banner", "-loglevel", "error", ...args],
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const fed = stdin === undefined ? undefined : feed(child.stdin, stdin);
  const { success, stdout, stderr } = await child.output();
  await fed;
  assert.ok(success, `ffmpeg ${args.join(" ")}\n${new TextDecoder().decode(stderr)}`);
  return stdout;
}

async function feed(stdin: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
}

export interface H264Options {
  readonly size?: string;
  readonly fps?: number;
  readonly seconds?: number;
  readonly gopFrames?: number;
  /** Further arguments of the output, the encoder's among them. */
  readonly args?: readonly string[];
}

/** A moving test picture as H.264 in FLV, by FFmpeg: what a camera passed through looks like. */
export function h264Flv(options: H264Options = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { size = "320x240", fps = 30, seconds = 2, gopFrames = 15, args = [] } = options;
  return ffmpeg([
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${fps}:duration=${seconds}`],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "ultrafast"],
    ...["-tune", "zerolatency", "-g", String(gopFrames), ...args],
    ...["-flvflags", "no_duration_filesize+no_metadata", "-f", "flv", "pipe:1"],
  ]);
}

/** The same as H.265 in NUT, with start codes and in-band parameter sets: as of a camera. */
export function h265Nut(options: H264Options = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { size = "320x240", fps = 30, seconds = 2, gopFrames = 15, args = [] } = options;
  const keyframes = `keyint=${gopFrames}:min-keyint=${gopFrames}:scenecut=0:open-gop=0`;
  return ffmpeg([
    ...["-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${fps}:duration=${seconds}`],
    ...["-pix_fmt", "yuv420p", "-c:v", "libx265", "-preset", "ultrafast"],
    ...["-x265-params", `log-level=error:${keyframes}:bframes=0:repeat-headers=1`],
    ...args,
    ...["-f", "nut", "pipe:1"],
  ]);
}

/** x265's parameters for B-frames between all others. */
export const H265_B_FRAMES = [
  "-x265-params",
  "log-level=error:keyint=15:min-keyint=15:scenecut=0:open-gop=0:bframes=2:b-adapt=0:" +
  "repeat-headers=1",
];

export function demuxFlv(flv: Uint8Array): FlvVideo[] {
  return [...new FlvDemuxer().push(flv)];
}

export function accessUnitsOf(flv: Uint8Array): FlvAccessUnit[] {
  return demuxFlv(flv).filter((video) => video.kind === "access-unit");
}

export function configurationOf(flv: Uint8Array): Uint8Array<ArrayBuffer> {
  const found = demuxFlv(flv).find((video) => video.kind === "configuration");
  assert.ok(found?.kind === "configuration", "the FLV has no decoder configuration");
  return found.config;
}

/** `bytes` cut at the given places, which may be any numbers. */
export function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.byteLength + 1)), bytes.byteLength]
    .sort((a, b) => a - b);
  return ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

/** Resolves once `isSo`; fails after twenty seconds. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  // Not by `performance`, whose clock a test may hold.
  const deadlineMs = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadlineMs, `waited in vain until ${what}`);
    await sleep(5, new AbortController().signal);
  }
}

/**
 * Puts a shell script in FFmpeg's place, or with `undefined` nothing at all, until disposed of: for
 * what this thread starts and for no other, since tests of other files run beside it in the same
 * process.
 */
export async function insteadOfFfmpeg(script: string | undefined): Promise<AsyncDisposable> {
  const folder = await Deno.makeTempDir();
  if (script !== undefined) {
    await Deno.writeTextFile(`${folder}/ffmpeg`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  const PATH = script === undefined ? folder : `${folder}:${Deno.env.get("PATH") ?? ""}`;
  const { Command } = Deno;
  const commandWithPath = class extends Command {
    constructor(command: string | URL, options: Deno.CommandOptions = {}) {
      super(command, { ...options, env: { PATH, ...options.env } });
    }
  };
  Object.defineProperty(Deno, "Command", { configurable: true, value: commandWithPath });
  return {
    async [Symbol.asyncDispose]() {
      Object.defineProperty(Deno, "Command", { configurable: true, value: Command });
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The lines that are logged, as they would stand in the log but for the redaction. */
export async function captureLog(): Promise<{ readonly lines: string[] } & AsyncDisposable> {
  const lines: string[] = [];
  await configure({
    sinks: { lines: (record) => void lines.push(formatRecord(record)) },
    loggers: [
      { category: "porthole", lowestLevel: "debug", sinks: ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["lines"] },
    ],
  });
  return { lines, [Symbol.asyncDispose]: reset };
}
