import assert from "node:assert/strict";
import { makeNumberedClip } from "../../deploy/testing/numbered_clip.ts";
import { SequenceCounter } from "../../producer/frame_reader.ts";
import { H265FrameReader } from "../../producer/h265_frame_reader.ts";
import { h265Nut } from "../../producer/testing/fixtures.ts";
import { concat, initSegment, mediaSegment } from "./fmp4.ts";

const SIZE = { widthPx: 192, heightPx: 108 };
const FRAME_US = 33_333;
/** Past 2^32 µs, which is little more than an hour. */
const BEGIN_US = 5_000_000_000;

/** What another program makes of a file. */
async function probe(mp4: Uint8Array<ArrayBuffer>): Promise<Probed> {
  const shown = ["-show_entries", "stream=codec_name,width,height:packet=pts,dts,size,flags"];
  const ffprobe = new Deno.Command("ffprobe", {
    args: ["-v", "error", "-count_frames", ...shown, "-of", "json", "pipe:0"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = ffprobe.stdin.getWriter();
  await writer.write(mp4);
  await writer.close();
  const { stdout, stderr } = await ffprobe.output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return JSON.parse(new TextDecoder().decode(stdout));
}

interface Probed {
  readonly streams: readonly object[];
  readonly packets: readonly { pts: number; dts: number; size: string; flags: string }[];
}

Deno.test("FFmpeg reads what is written: size, times, keyframes, every byte", async () => {
  const clip = await makeNumberedClip({
    ...{ ...SIZE, colour: "navy", fps: 30, seconds: 1, gopFrames: 10 },
  });
  assert.ok(clip.config);
  const samples = clip.units.map(({ data, key }, index) => ({
    data,
    key,
    decodeUs: BEGIN_US + index * FRAME_US,
    presentUs: BEGIN_US + index * FRAME_US + (index % 2 === 0 ? 0 : 500),
    durationUs: FRAME_US,
  }));
  const segments = samples.map((sample, index) => mediaSegment(sample, index + 1));
  const { streams, packets } = await probe(
    concat([initSegment({ ...SIZE, codec: clip.codec, config: clip.config }), ...segments]),
  );
  assert.deepEqual(streams, [{ codec_name: "h264", width: 192, height: 108 }]);
  assert.deepEqual(
    packets.map(({ pts, dts, size, flags }) => [pts, dts, Number(size), flags.startsWith("K")]),
    samples.map(({ presentUs, decodeUs, data, key }) => [
      presentUs,
      decodeUs,
      data.byteLength,
      key,
    ]),
  );
});

Deno.test("FFmpeg reads H.265 as well: hvc1, with its configuration", async () => {
  const reader = new H265FrameReader(new SequenceCounter());
  const nut = await h265Nut({ size: "192x108", seconds: 1 });
  const frames = [...reader.push(nut)];
  const [first] = frames;
  assert.ok(first?.config !== undefined && first.codec !== undefined);
  const track = { ...SIZE, codec: first.codec, config: first.config };
  const segments = frames.map(({ data, key = false }, index) => {
    const decodeUs = index * FRAME_US;
    const sample = { data, key, decodeUs, presentUs: decodeUs, durationUs: FRAME_US };
    return mediaSegment(sample, index + 1);
  });
  const { streams, packets } = await probe(concat([initSegment(track), ...segments]));
  assert.deepEqual(streams, [{ codec_name: "hevc", width: 192, height: 108 }]);
  assert.match(new TextDecoder("latin1").decode(initSegment(track)), /hvc1.*hvcC/s);
  assert.deepEqual(
    packets.map(({ size, flags }) => [Number(size), flags.startsWith("K")]),
    frames.map(({ data, key }) => [data.byteLength, key]),
  );
});

Deno.test("a live stream says nothing of its end, or browsers would hold pictures back", () => {
  const text = new TextDecoder("latin1").decode(
    initSegment({ ...SIZE, codec: "avc1.42c01f", config: new Uint8Array([1, 0x42, 0xc0, 0x1f]) }),
  );
  assert.ok(text.includes("mvex") && !text.includes("mehd"));
});
