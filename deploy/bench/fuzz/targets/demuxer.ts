import { type Frame, MessageEncoder, ProtocolError } from "@porthole/protocol";
import { FlvDemuxer, FlvError, NotH264Error } from "../../../../producer/demux/flv.ts";
import { NutDemuxer, NutError } from "../../../../producer/demux/nut.ts";
import { SmjpegDemuxer, SmjpegError } from "../../../../producer/demux/smjpeg.ts";
import {
  type FrameReader,
  H264FrameReader,
  JpegFrameReader,
  SequenceCounter,
} from "../../../../producer/frame_reader.ts";
import { H265FrameReader, NotH265Error } from "../../../../producer/h265_frame_reader.ts";
import { flvClips, nutClips, pair, smjpegClips } from "../corpus.ts";
import { chunked, concatenate, mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise, sameBytes } from "../target.ts";

const FIRST_BUFFER_BYTES = 64 * 1024;

/** Where FFmpeg's bytes are cut into pictures. */
interface Demuxer {
  push(chunk: Uint8Array): Iterable<unknown>;
  readonly heldBytes: number;
}

interface DemuxerTarget {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  readonly demuxer: () => Demuxer;
  readonly reader: () => FrameReader;
}

const timesOf = (ptsMs: number) => ({ timestamp: 0, pts: ptsMs * 1000 });

/** FLV up to frames of H.264. */
export async function flvTarget(): Promise<FuzzTarget> {
  return demuxerTarget({
    name: "flv",
    corpus: await flvClips(),
    demuxer: () => new FlvDemuxer(),
    reader: () => new H264FrameReader(new SequenceCounter(), "main", timesOf),
  });
}

/** NUT up to frames of H.265. */
export async function nutTarget(): Promise<FuzzTarget> {
  return demuxerTarget({
    name: "nut",
    corpus: await nutClips(),
    demuxer: () => new NutDemuxer(),
    reader: () => new H265FrameReader(new SequenceCounter(), timesOf),
  });
}

/** SMJPEG up to JPEG frames. */
export async function smjpegTarget(): Promise<FuzzTarget> {
  return demuxerTarget({
    name: "smjpeg",
    corpus: await smjpegClips(),
    demuxer: () => new SmjpegDemuxer(),
    reader: () => new JpegFrameReader(new SequenceCounter(), timesOf),
  });
}

function demuxerTarget({ name, corpus, demuxer, reader }: DemuxerTarget): FuzzTarget {
  return {
    name,
    perMille: 20,
    generate(random) {
      const [clip, other] = pair(corpus, random);
      return mutate(clip, random, other);
    },
    run(input, random) {
      const chunks = chunked(input, random);
      let pushed = 0;
      const cut = demuxer();
      attempt(() => {
        for (const chunk of chunks) {
          pushed += chunk.byteLength;
          for (const _picture of cut.push(chunk));
          const most = Math.max(FIRST_BUFFER_BYTES, 2 * pushed);
          promise(cut.heldBytes <= most, `${cut.heldBytes} bytes held of ${pushed}`);
        }
      });
      const whole = read(reader(), [input]);
      const pieces = read(reader(), chunks);
      promise(whole.end === pieces.end, `${whole.end}, cut: ${pieces.end}`);
      promise(sameBytes(whole.frames, pieces.frames), "other frames when cut");
      return whole.end;
    },
  };
}

function read(
  reader: FrameReader,
  chunks: readonly Uint8Array[],
): { end: string; frames: Uint8Array } {
  const encoder = new MessageEncoder();
  const frames: Frame[] = [];
  const end = attempt(() => {
    for (const chunk of chunks) for (const frame of reader.push(chunk)) frames.push(frame);
  });
  frames.forEach(({ seq }, index) => promise(seq === index, `seq ${seq} of frame ${index}`));
  return { end, frames: concatenate(frames.map((frame) => encoder.encode(frame))) };
}

function attempt(task: () => void): string {
  try {
    task();
    return ACCEPTED;
  } catch (error) {
    const isDocumented = error instanceof FlvError || error instanceof NotH264Error ||
      error instanceof NutError || error instanceof NotH265Error ||
      error instanceof SmjpegError || error instanceof ProtocolError;
    if (isDocumented) return error instanceof ProtocolError ? error.code : error.name;
    // Parameter sets that are cut short.
    if (error instanceof RangeError) return error.name;
    throw error;
  }
}
