import assert from "node:assert/strict";
import { QUADRANT_COLOURS } from "../camera/known_colours.ts";
import { SimulatedCamera, type SimulatedCameraOptions } from "../camera/simulated_camera.ts";
import { eventually, type PlayerPage, TestBrowser } from "../testing/browser.ts";
import { GStreamerCamera, type GStreamerCameraOptions } from "../testing/gstreamer_camera.ts";
import { startIngest, startProducer } from "../testing/services.ts";

/** On a machine that is busy with others. */
const WITHIN_MS = 20_000;
/** Of 255: two conversions between RGB and YUV and the compression cost a few. */
const COLOUR_TOLERANCE = 12;
const { topLeft, topRight, bottomLeft, bottomRight } = QUADRANT_COLOURS;
const EXPECTED_QUADRANTS = [topLeft, topRight, bottomLeft, bottomRight].map(
  ({ red, green, blue }) => [red, green, blue],
);

interface Shown {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly codec: RegExp;
  readonly rendition: string;
}

interface VideoCase {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly shown: Shown;
}

const SIZE = { widthPx: 640, heightPx: 480 };
const H264 = { ...SIZE, codec: /^avc1\./, rendition: "main" };
const JPEG = { ...SIZE, codec: /^jpeg$/, rendition: "jpeg" };
const SCALED_JPEG = { ...JPEG, widthPx: 320, heightPx: 240 };
const JPEG_ONLY = { RTSP_CODEC: "jpeg" };

const SIMULATED: readonly (VideoCase & { camera: SimulatedCameraOptions })[] = [
  { name: "H.264", camera: { codec: "h264" }, shown: H264 },
  { name: "H.264 in four slices", camera: { codec: "h264", slices: 4 }, shown: H264 },
  { name: "H.265", camera: { codec: "h265" }, shown: H264 },
  { name: "MJPEG", camera: { codec: "mjpeg" }, shown: H264 },
  { name: "H.264 as JPEG", camera: { codec: "h264" }, env: JPEG_ONLY, shown: JPEG },
  { name: "H.265 as JPEG", camera: { codec: "h265" }, env: JPEG_ONLY, shown: JPEG },
  {
    name: "MJPEG as narrower JPEG",
    camera: { codec: "mjpeg" },
    env: { ...JPEG_ONLY, RTSP_MAX_WIDTH: "320" },
    shown: SCALED_JPEG,
  },
  {
    name: "H.264 made anew",
    camera: { codec: "h264" },
    env: { RTSP_CODEC: "h264" },
    shown: H264,
  },
];

const GSTREAMER: readonly (VideoCase & { camera: GStreamerCameraOptions })[] = [
  { name: "H.264", camera: { codec: "h264" }, shown: H264 },
  { name: "H.264 in four slices", camera: { codec: "h264", slices: 4 }, shown: H264 },
  { name: "H.265", camera: { codec: "h265" }, shown: H264 },
  { name: "MJPEG", camera: { codec: "mjpeg" }, shown: H264 },
  { name: "H.264 as JPEG", camera: { codec: "h264" }, env: JPEG_ONLY, shown: JPEG },
  {
    name: "H.264 behind Digest with an awkward password",
    camera: { codec: "h264", auth: "digest", user: "ad min", password: "p:@ ss/w%41" },
    shown: H264,
  },
];

Deno.test("a camera's video moves on the page in its own colours", async (t) => {
  await using browser = await TestBrowser.launch();
  await using ingest = await startIngest();
  let cameras = 0;
  const place = () => ({ browser, ingestUrl: ingest.url, stream: `camera-${++cameras}` });
  for (const { name, camera, env, shown } of SIMULATED) {
    await t.step(`simulated camera, ${name}`, async () => {
      await using source = await SimulatedCamera.start({ ...SIZE, pattern: "colours", ...camera });
      await assertShows(place(), source.url, shown, env);
    });
  }
  for (const { name, camera, env, shown } of GSTREAMER) {
    await t.step(`GStreamer's server, ${name}`, async () => {
      await using source = await GStreamerCamera.start({ ...SIZE, ...camera });
      await assertShows(place(), source.url, shown, env);
    });
  }
});

interface Place {
  readonly browser: TestBrowser;
  readonly ingestUrl: string;
  readonly stream: string;
}

async function assertShows(
  { browser, ingestUrl, stream }: Place,
  cameraUrl: string,
  shown: Shown,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using _producer = await startProducer({
    cameraUrl,
    ingestUrl,
    env: { ...env, STREAM_ID: stream },
  });
  await using page = await browser.open(`${ingestUrl}?stream=${stream}`);
  await page.waitForState("live", WITHIN_MS, stream);
  await assertRightColours(page, stream, shown);
  await assertMoves(page, stream);
  assert.match(await page.attribute("data-codec", stream) ?? "", shown.codec);
  assert.equal(await page.attribute("data-rendition", stream), shown.rendition);
}

async function assertRightColours(
  page: PlayerPage,
  stream: string,
  { widthPx, heightPx }: Shown,
): Promise<void> {
  await eventually("the quadrants have the camera's colours", WITHIN_MS, async () => {
    const picture = await page.picture(stream);
    if (picture === null) return "there is no picture";
    const { width, height, quadrants } = picture;
    if (width !== widthPx || height !== heightPx) return `it is ${width}x${height}`;
    const isRight = quadrants.every((colour, quadrant) =>
      colour.every((channel, index) => {
        const expected = EXPECTED_QUADRANTS[quadrant]?.[index] ?? NaN;
        return Math.abs(channel - expected) <= COLOUR_TOLERANCE;
      })
    );
    return isRight || `they are ${JSON.stringify(quadrants)}`;
  });
}

/** What moves in the camera's picture moves on the page. */
async function assertMoves(page: PlayerPage, stream: string): Promise<void> {
  const places = new Set<number>();
  await eventually("the marker is seen at three places", WITHIN_MS, async () => {
    places.add((await page.picture(stream))?.markerX ?? -1);
    places.delete(-1);
    return places.size >= 3 || `it was seen at ${JSON.stringify([...places])}`;
  });
}
