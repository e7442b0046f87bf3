import { type Frame, NalType, nalTypeOf, nalUnitsOf } from "@porthole/protocol";

/** One picture as a camera sent it. */
export interface SampledPicture {
  readonly bytes: number;
  readonly isKey: boolean;
  /** On the camera's own clock, µs. */
  readonly ptsUs: number;
  /** `undefined` for other codecs than H.264. */
  readonly slices: number | undefined;
}

/** What a row of pictures shows of the camera that sent them. */
export interface SampleFigures {
  readonly pictures: number;
  /** Over how long, s. */
  readonly seconds: number;
  /** `undefined` while fewer than two pictures were seen. */
  readonly fps: number | undefined;
  readonly kbps: number | undefined;
  /** Pictures from one keyframe to the next, the longest seen; `undefined` for fewer than two. */
  readonly gopPictures: number | undefined;
  /** The least and the most in one picture. */
  readonly slices: readonly [number, number] | undefined;
  readonly largestKeyframeBytes: number;
  /** Whether pictures are shown in another order than they come: B-frames. */
  readonly isReordered: boolean;
}

/** A picture of H.264, for what a probe counts. */
export function sampleOf({ data, key = false, pts = 0 }: Frame): SampledPicture {
  let slices = 0;
  for (const nal of nalUnitsOf(data)) {
    const type = nalTypeOf(nal);
    if (type === NalType.idr || type === NON_IDR) slices++;
  }
  return { bytes: data.byteLength, isKey: key, ptsUs: pts, slices };
}

/** ITU-T H.264, table 7-1. */
const NON_IDR = 1;

/** Pure. */
export function figuresOf(pictures: readonly SampledPicture[]): SampleFigures {
  const times = pictures.map(({ ptsUs }) => ptsUs);
  const seconds = times.length < 2 ? 0 : (Math.max(...times) - Math.min(...times)) / 1e6;
  const steps = times.length - 1;
  // The last one lasts as long as those before it did.
  const wholeSeconds = steps > 0 ? seconds * times.length / steps : 0;
  const bytes = pictures.reduce((sum, picture) => sum + picture.bytes, 0);
  const keys = pictures.flatMap(({ isKey }, index) => isKey ? [index] : []);
  const gops = keys.slice(1).map((index, place) => index - (keys[place] ?? 0));
  const slices = pictures.flatMap((picture) => picture.slices ?? []);
  const keyBytes = pictures.filter(({ isKey }) => isKey).map((picture) => picture.bytes);
  return {
    pictures: pictures.length,
    seconds,
    fps: wholeSeconds > 0 ? times.length / wholeSeconds : undefined,
    kbps: wholeSeconds > 0 ? bytes * 8 / wholeSeconds / 1000 : undefined,
    gopPictures: gops.length === 0 ? undefined : Math.max(...gops),
    slices: slices.length === 0 ? undefined : [Math.min(...slices), Math.max(...slices)],
    largestKeyframeBytes: Math.max(0, ...keyBytes),
    isReordered: times.some((time, index) => time < (times[index - 1] ?? -Infinity)),
  };
}
