import {
  codecFamilyOf,
  JPEG_CODEC,
  JPEG_RENDITION,
  MAIN_RENDITION,
  type RenditionInfo,
  SOURCE_RENDITION,
} from "@porthole/protocol";
import type { RenditionOption } from "./rendition_ladder.ts";

/** What a camera sends itself. */
const CAMERAS_OWN: ReadonlySet<string> = new Set([SOURCE_RENDITION, MAIN_RENDITION]);

/** What a stream is known by when it is asked what of it can be had. */
export interface StreamFacts {
  readonly running: readonly RenditionInfo[];
  /** By asking; running ones among them. */
  readonly offered: ReadonlySet<string>;
  /** The camera waits for somebody who wants it. */
  readonly isOnStandby: boolean;
}

/** What a viewer may be given: what runs, and what would if it were asked for. */
export function optionsOf({ running, offered, isOnStandby }: StreamFacts): RenditionOption[] {
  const options = running.map(runningOption);
  const names = new Set(running.map(({ name }) => name));
  const source = options.find(({ name }) => name === SOURCE_RENDITION);
  const opensCamera = isOpenedOnDemand(options, isOnStandby);
  const onDemand = [...offered].filter((name) => !names.has(name)).map((name): RenditionOption => ({
    name,
    isRunning: false,
    isJpeg: name === JPEG_RENDITION,
    isH265: name === SOURCE_RENDITION,
    ...(name === MAIN_RENDITION ? sizeOf(source) : {}),
    ...(opensCamera && CAMERAS_OWN.has(name) ? { opensCamera } : {}),
  }));
  return [...options, ...onDemand];
}

function runningOption(
  { name, codec, kbps, fps, width, height }: RenditionInfo,
): RenditionOption {
  return {
    ...{ name, kbps, fps, widthPx: width, heightPx: height },
    isRunning: true,
    isJpeg: codec === JPEG_CODEC,
    isH265: codecFamilyOf(codec) === "hvc1",
  };
}

/** It sleeps, or is open only for what others want: its own picture comes when it is wanted. */
function isOpenedOnDemand(running: readonly RenditionOption[], isOnStandby: boolean): boolean {
  if (running.some(({ name }) => CAMERAS_OWN.has(name))) return false;
  return running.length > 0 || isOnStandby;
}

/** What is made of the source is no larger than that. */
function sizeOf(
  source: RenditionOption | undefined,
): Pick<RenditionOption, "widthPx" | "heightPx"> {
  const { widthPx, heightPx } = source ?? {};
  return widthPx === undefined || heightPx === undefined ? {} : { widthPx, heightPx };
}
