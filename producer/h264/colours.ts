import { parseDecoderConfiguration } from "./decoder_configuration.ts";
import { type Colour, COLOUR_BT709, COLOUR_UNSPECIFIED, parseSequenceParameterSet } from "./sps.ts";

/** What an SPS may name of its colours, and often does not. */
export type ColourProperty = "matrix" | "primaries" | "transfer";

/** The colours of a video, as players take them. */
export interface VideoColours {
  /** What the properties that are not named are taken for. */
  readonly assumed: "bt601" | "bt709";
  readonly unnamed: readonly ColourProperty[];
  readonly fullRange: boolean;
}

/** Players take what is untagged for BT.709 from so many lines up, for BT.601 below. */
const HD_LINES = 720;

const UNKNOWN: VideoColours = {
  assumed: "bt601",
  unnamed: ["matrix", "primaries", "transfer"],
  fullRange: false,
};

/**
 * @param config AVCDecoderConfigurationRecord
 * @throws {RangeError} when it is cut short, or its SPS is
 */
export function coloursOf(config: Uint8Array): VideoColours {
  const [nal] = parseDecoderConfiguration(config).sps;
  return nal === undefined ? UNKNOWN : coloursAsTaken(parseSequenceParameterSet(nal));
}

/** What an SPS says of its colours, of H.264 or H.265, and what players make of it. */
export function coloursAsTaken(sps: Colour & { readonly height: number }): VideoColours {
  const named: Readonly<Record<ColourProperty, number>> = {
    matrix: sps.matrixCoefficients,
    primaries: sps.colourPrimaries,
    transfer: sps.transferCharacteristics,
  };
  return {
    assumed: isBt709(sps) ? "bt709" : "bt601",
    unnamed: UNKNOWN.unnamed.filter((property) => named[property] === COLOUR_UNSPECIFIED),
    fullRange: sps.fullRange,
  };
}

function isBt709(
  { matrixCoefficients, height }: Pick<Colour, "matrixCoefficients"> & { readonly height: number },
): boolean {
  return matrixCoefficients === COLOUR_UNSPECIFIED
    ? height >= HD_LINES
    : matrixCoefficients === COLOUR_BT709;
}
