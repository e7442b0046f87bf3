import { MAX_DIMENSION_PX, ProtocolError } from "@porthole/protocol";
import { coloursOf } from "../../../../producer/h264/colours.ts";
import {
  buildDecoderConfiguration,
  inBandParameterSets,
  parseDecoderConfiguration,
  sameParameterSets,
} from "../../../../producer/h264/decoder_configuration.ts";
import { parseSequenceParameterSet } from "../../../../producer/h264/sps.ts";
import { decoderConfigurations } from "../corpus.ts";
import { concatenate, mutate } from "../mutation.ts";
import { ACCEPTED, type FuzzTarget, promise } from "../target.ts";

/** What the producer reads of H.264: parameter sets, in the configuration and in band. */
export async function h264Target(): Promise<FuzzTarget> {
  const configurations = await decoderConfigurations();
  return {
    name: "h264",
    perMille: 60,
    generate(random) {
      const config = random.pick(configurations);
      const [sps] = parseDecoderConfiguration(config).sps;
      if (sps === undefined || random.chance(0.4)) return mutate(config, random);
      // Bits are what an SPS is made of: random ones go further than random bytes.
      if (random.chance(0.3)) {
        return concatenate([sps.subarray(0, 4), random.bytes(random.small(80))]);
      }
      return mutate(sps, random);
    },
    run(input) {
      const outcomes = [asConfiguration(input), asSps(input), inBand(input)];
      return outcomes.find((outcome) => outcome === ACCEPTED) ?? "cut short or impossible";
    },
  };
}

type Attempt = typeof ACCEPTED | "refused";

function asConfiguration(input: Uint8Array): Attempt {
  return attempt(() => {
    const sets = parseDecoderConfiguration(input);
    for (const set of [...sets.sps, ...sets.pps]) {
      promise(set.buffer === input.buffer, "a parameter set was copied");
    }
    if (sets.sps.length === 0) return;
    attempt(() => void coloursOf(input));
    const rebuilt = parseDecoderConfiguration(buildDecoderConfiguration(sets));
    promise(sameParameterSets(rebuilt, sets), "built and parsed, it is another configuration");
  });
}

function asSps(input: Uint8Array): Attempt {
  return attempt(() => {
    const { width, height } = parseSequenceParameterSet(input);
    for (const px of [width, height]) {
      promise(Number.isInteger(px) && px >= 1 && px <= MAX_DIMENSION_PX, `${px} px`);
    }
  });
}

/** As NAL units of an access unit: an SPS, whatever it holds, and a PPS. */
function inBand(input: Uint8Array): Attempt {
  return attempt(() => {
    const unit = concatenate([lengthOf(input.byteLength + 1), Uint8Array.of(0x67), input, PPS]);
    const sets = inBandParameterSets(unit);
    if (sets === undefined) throw new RangeError("no parameter sets");
    const config = buildDecoderConfiguration(sets);
    promise(sameParameterSets(parseDecoderConfiguration(config), sets), "another configuration");
  });
}

const PPS = Uint8Array.of(0, 0, 0, 2, 0x68, 0xce);

function lengthOf(bytes: number): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes);
  return length;
}

function attempt(task: () => void): Attempt {
  try {
    task();
    return ACCEPTED;
  } catch (error) {
    if (error instanceof RangeError || error instanceof ProtocolError) return "refused";
    throw error;
  }
}
