import { MisuseError } from "@porthole/protocol/service";
import { parseArgs } from "node:util";

/** What `bench:slow` is asked for. */
export interface SlowOptions {
  /** Of the link while it is squeezed, kbit/s. */
  readonly linkKbps: number;
  readonly cameraKbps: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  readonly gopFrames: number;
  /** Viewers beside the slow one. */
  readonly others: number;
  /** TCP congestion control of the server. */
  readonly congestion: string;
  readonly beforeS: number;
  readonly squeezedS: number;
  readonly releasedS: number;
}

const DEFAULTS = {
  kbps: { type: "string", default: "2000" },
  bitrate: { type: "string", default: "4000" },
  size: { type: "string", default: "1280x720" },
  fps: { type: "string", default: "30" },
  gop: { type: "string", default: "60" },
  others: { type: "string", default: "50" },
  congestion: { type: "string", default: "cubic" },
  seconds: { type: "string", default: "10,30,30" },
} as const;

/** @throws {MisuseError} when an option is unknown or not a number */
export function parseSlowOptions(args: readonly string[]): SlowOptions {
  const { kbps, bitrate, size, fps, gop, others, congestion, seconds } = valuesOf(args);
  const [widthPx = NaN, heightPx = NaN] = size.split("x").map(Number);
  const [beforeS = NaN, squeezedS = NaN, releasedS = NaN] = seconds.split(",").map(Number);
  const numbers = {
    ...{ linkKbps: Number(kbps), cameraKbps: Number(bitrate), fps: Number(fps) },
    ...{ gopFrames: Number(gop), others: Number(others), widthPx, heightPx },
    ...{ beforeS, squeezedS, releasedS },
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(value > 0)) throw new MisuseError(`${name}: a number above 0 is needed`);
  }
  return { ...numbers, congestion };
}

function valuesOf(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: DEFAULTS }).values;
  } catch (cause) {
    throw new MisuseError("bench:slow does not know what to do", { cause });
  }
}
