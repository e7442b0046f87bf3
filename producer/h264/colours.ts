import { parseDecoderConfiguration } from "./decoder_configuration.ts";
import {
  COLOUR_BT709,
  COLOUR_UNSPECIFIED,
  parseSequenceParameterSet,
  type SequenceParameterSet,
} from "./sps.ts";

/** What an SPS may name of its colours, and often does not. */
export type ColourProperty = "matrix" | "primaries" | "transfer";

/** The colours of H.264, as players take them. */
export interface H264Colours {
  /** What the properties that are not named are taken for. */
  readonly assumed: "bt601" | "bt709";
  readonly unnamed: readonly ColourProperty[];
  readonly fullRange: boolean;
}

/** Players take what is untagged for BT.709 from so many lines up, for BT.601 below. */
const HD_LINES = 720;

const UNKNOWN: H264Colours = {
  assumed: "bt601",
  unnamed: ["matrix", "primaries", "transfer"],
  fullRange: false,
};

/**
 * @param config AVCDecoderConfigurationRecord
 * @throws {RangeError} when it is cut short, or its SPS is
 */
export function coloursOf(config: Uint8Array): H264Colours {
  const [nal] = parseDecoderConfiguration(config).sps;
  if (nal === undefined) return UNKNOWN;
  const sps = parseSequenceParameterSet(nal);
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

function isBt709({ matrixCoefficients, height }: SequenceParameterSet): boolean {
  return matrixCoefficients === COLOUR_UNSPECIFIED
    ? height >= HD_LINES
    : matrixCoefficients === COLOUR_BT709;
}
