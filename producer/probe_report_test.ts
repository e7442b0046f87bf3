import assert from "node:assert/strict";
import { FrameCrcReader } from "./frame_crc.ts";
import { type ProbeReport, reportText } from "./probe_report.ts";
import { figuresOf, type SampledPicture } from "./probe_sample.ts";
import { SessionDescription } from "./session_description.ts";

/** Thirty pictures a second, a keyframe every fifteen. */
const PICTURES: readonly SampledPicture[] = Array.from({ length: 60 }, (_, index) => ({
  bytes: index % 15 === 0 ? 30_000 : 2_000,
  isKey: index % 15 === 0,
  ptsUs: index * 1e6 / 30,
  slices: index % 15 === 0 ? 4 : 2,
}));

Deno.test("rates, GOP and slices follow from the pictures", () => {
  const figures = figuresOf(PICTURES);
  assert.equal(figures.fps?.toFixed(2), "30.00");
  assert.equal(figures.kbps?.toFixed(0), "928");
  assert.deepEqual([figures.gopPictures, figures.slices, figures.isReordered], [15, [2, 4], false]);
  assert.equal(figuresOf([...PICTURES].reverse()).isReordered, true);
  const { fps, kbps, gopPictures, slices } = figuresOf(PICTURES.slice(0, 1));
  assert.deepEqual([fps, kbps, gopPictures, slices], [undefined, undefined, undefined, [4, 4]]);
  assert.equal(figuresOf([]).pictures, 0);
});

Deno.test("a description tells what a camera offers, among whatever else is said", () => {
  const description = new SessionDescription();
  const lines =
    "[rtsp @ 0x1] SDP:|v=0|m=audio 0 RTP/AVP 0|m=video 0 RTP/AVP 96|a=rtpmap:96 H265/90000";
  for (const line of lines.split("|")) description.line(line);
  assert.deepEqual(description.media.map(({ kind, encoding }) => `${kind} ${encoding}`), [
    ...["audio PCMU", "video H265"],
  ]);
});

Deno.test("what FFmpeg says of packets is read line by line", () => {
  const reader = new FrameCrcReader();
  const lines = "#tb 0: 1/90000|#codec_id 0: hevc|#dimensions 0: 640x360" +
    "|0,          0,          0,     3000,    34586, 0x6263c89c" +
    "|0,       2970,       2970,     3000,    13647, 0x1bb99f10, F=0x0" +
    "|0,       6000,       6000,     3000,      100, 0x1bb99f10, S=1,        8, 0x1";
  for (const line of lines.split("|")) reader.line(line);
  assert.deepEqual([reader.codec, reader.dimensions], ["hevc", "640x360"]);
  assert.deepEqual(reader.pictures.map(({ bytes, isKey, ptsUs }) => [bytes, isKey, ptsUs]), [
    ...[[34_586, true, 0], [13_647, false, 33_000]],
    [100, true, 66_666.66666666667],
  ]);
});

const REPORT: ProbeReport = {
  ffmpeg: "7.1",
  url: new URL("rtsp://me:hunter22@10.0.0.7:554/user=me_password=hunter22?pw=hunter22"),
  description: [{ kind: "video", encoding: "H264" }, { kind: "audio", encoding: "PCMU" }],
  codec: "H.264 (avc1.64001f)",
  size: "1280x720",
  isPassedThrough: true,
  pictures: PICTURES,
  firstPictureMs: 412,
  failure: undefined,
};

Deno.test("the report says all of it, and nothing that leads to the camera", () => {
  const text = reportText(REPORT);
  assert.doesNotMatch(text, /hunter22|me:/);
  const said = [
    /rtsp:\/\/10\.0\.0\.7:554\/… /,
    /offers: +video H264, audio PCMU$/m,
    /audio: +yes/,
    /first picture: +after 412 ms/,
    /frame rate: +30\.0 fps/,
    /keyframes: +every 15 pictures \(0\.5 s\)$/m,
    /slices: +2 to 4 a picture/,
    /in Porthole: +passes as it is/,
  ];
  for (const pattern of said) assert.match(text, pattern);
});

Deno.test("the report says what becomes of each codec", () => {
  const of = (codec: string) => reportText({ ...REPORT, codec, isPassedThrough: false });
  assert.match(of("hevc"), /in Porthole: +passes as it is to browsers that play H\.265/);
  assert.match(of("mpeg4"), /in Porthole: +is transcoded to H\.264/);
});
