import type { Frame } from "@porthole/protocol";
import { createRedact } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { DerivedRendition, type DerivedRenditionSpec } from "../derived_rendition.ts";
import { H264FrameReader, SequenceCounter } from "../frame_reader.ts";
import { H265FrameReader } from "../h265_frame_reader.ts";
import { h264Flv, type H264Options, h265Nut, insteadOfFfmpeg, until } from "./fixtures.ts";

export const BENCH_FPS = 60;
/** A clock of its own for the frames, so that no other time can be taken for theirs. */
const FIRST_TIMESTAMP = 1_000_000;

/** A second of the main rendition. */
export async function mainFrames(options: H264Options = {}): Promise<Frame[]> {
  const reader = new H264FrameReader(new SequenceCounter());
  const frames = [...reader.push(await h264Flv({ seconds: 1, ...options }))];
  return frames.map((frame, index) => ({ ...frame, timestamp: FIRST_TIMESTAMP + index * 7 }));
}

/** A second of a camera's H.265. */
export async function sourceFrames(options: H264Options = {}): Promise<Frame[]> {
  const reader = new H265FrameReader(new SequenceCounter());
  const frames = [...reader.push(await h265Nut({ seconds: 1, ...options }))];
  return frames.map((frame, index) => ({ ...frame, timestamp: FIRST_TIMESTAMP + index * 7 }));
}

/** The same frames so much later on the camera's clock. */
export function later(frames: readonly Frame[], laterMs: number): Frame[] {
  return frames.map((frame) => ({ ...frame, pts: (frame.pts ?? 0) + laterMs * 1000 }));
}

/** A derived rendition with what came out of it. */
export class DerivedBench implements AsyncDisposable {
  readonly made: Frame[] = [];
  readonly rendition: DerivedRendition;

  constructor(spec: DerivedRenditionSpec) {
    this.rendition = new DerivedRendition({
      streamId: "bench",
      spec,
      targetFps: BENCH_FPS,
      redact: createRedact(),
      onFrame: (frame) => void this.made.push(frame),
    });
  }

  feed(frames: readonly Frame[]): void {
    for (const frame of frames) this.rendition.feed(frame);
  }

  /** Resolves when so many frames were made, and fails when there are more. */
  async untilMade(count: number): Promise<void> {
    await until(() => this.made.length >= count, `${count} frames were made`);
    assert.equal(this.made.length, count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rendition[Symbol.asyncDispose]();
  }
}

/** That each frame was made of its source, and that they are numbered from 0 on. */
export function assertMadeOf(made: readonly Frame[], sources: readonly Frame[]): void {
  assert.deepEqual(
    made.map(({ pts, timestamp }) => ({ pts, timestamp })),
    sources.map(({ pts, timestamp }) => ({ pts, timestamp })),
  );
  assert.deepEqual(made.map(({ seq }) => seq), made.map((_, index) => index));
}

export interface StartedFfmpeg {
  readonly pid: number;
  readonly args: string;
}

/** Lets the real FFmpeg run, and tells of each one, until it is disposed of. */
export async function watchFfmpeg() {
  const file = await Deno.makeTempFile();
  const script = `echo "$$ $*" >> ${file}; PATH="\${PATH#*:}" exec ffmpeg "$@"`;
  const instead = await insteadOfFfmpeg(script);
  return {
    /** All that were started. */
    started: async (): Promise<StartedFfmpeg[]> =>
      (await Deno.readTextFile(file)).split("\n").filter((line) => line !== "").map((line) => {
        const [pid, ...args] = line.split(" ");
        return { pid: Number(pid), args: args.join(" ") };
      }),
    async [Symbol.asyncDispose]() {
      await instead[Symbol.asyncDispose]();
      await Deno.remove(file);
    },
  };
}

export function isRunning(pid: number): boolean {
  try {
    Deno.kill(pid, "SIGCONT");
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
