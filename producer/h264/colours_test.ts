import assert from "node:assert/strict";
import { configurationOf, h264Flv } from "../testing/fixtures.ts";
import { coloursOf, type VideoColours } from "./colours.ts";

const NONE_NAMED = ["matrix", "primaries", "transfer"] as const;

async function coloursWith(size: string, args: readonly string[]): Promise<VideoColours> {
  return coloursOf(configurationOf(await h264Flv({ size, fps: 1, seconds: 1, args })));
}

const CASES: readonly [name: string, size: string, args: string[], expected: VideoColours][] = [
  ["untagged, below 720 lines", "640x480", [], {
    ...{ assumed: "bt601", unnamed: NONE_NAMED, fullRange: false },
  }],
  ["untagged, 720 lines", "1280x720", [], {
    ...{ assumed: "bt709", unnamed: NONE_NAMED, fullRange: false },
  }],
  ["the range alone", "640x480", ["-color_range", "pc"], {
    ...{ assumed: "bt601", unnamed: NONE_NAMED, fullRange: true },
  }],
  ["a matrix that is not that of its size", "640x480", ["-colorspace", "bt709"], {
    ...{ assumed: "bt709", unnamed: ["primaries", "transfer"], fullRange: false },
  }],
  ["the other way round", "1280x720", ["-colorspace", "bt470bg", "-color_trc", "bt709"], {
    ...{ assumed: "bt601", unnamed: ["primaries"], fullRange: false },
  }],
];

for (const [name, size, args, expected] of CASES) {
  Deno.test(`colours: ${name}`, async () => {
    assert.deepEqual(await coloursWith(size, args), expected);
  });
}

Deno.test("colours: a record without an SPS is one that says nothing", () => {
  assert.deepEqual(coloursOf(Uint8Array.of(1, 66, 0, 30, 0xff, 0xe0, 0)), {
    ...{ assumed: "bt601", unnamed: NONE_NAMED, fullRange: false },
  });
  assert.throws(() => coloursOf(Uint8Array.of(1, 66, 0, 30, 0xff)), RangeError);
});
