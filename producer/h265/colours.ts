import { coloursAsTaken, type VideoColours } from "../h264/colours.ts";
import { spsOfH265Configuration } from "./decoder_configuration.ts";

/**
 * @param config HEVCDecoderConfigurationRecord
 * @throws {RangeError} when it is cut short, or its SPS is
 */
export function h265ColoursOf(config: Uint8Array): VideoColours {
  return coloursAsTaken(spsOfH265Configuration(config));
}
