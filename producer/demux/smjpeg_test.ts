import assert from "node:assert/strict";
import { jpegSize, MAX_MESSAGE_BYTES } from "@porthole/protocol";
import fc from "fast-check";
import { cut, ffmpeg } from "../testing/fixtures.ts";
import { SmjpegDemuxer, SmjpegError } from "./smjpeg.ts";

const SMJPEG = await ffmpeg([
  ...["-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=1"],
  ...["-c:v", "mjpeg", "-q:v", "5", "-f", "smjpeg", "pipe:1"],
]);
/** Magic, version, duration, a text and the end of the header. */
const HEADER = [
  ...new TextEncoder().encode("\0\nSMJPEG"),
  ...[0, 0, 0, 0, 0, 0, 0, 0],
  ...new TextEncoder().encode("_TXT"),
  ...[0, 0, 0, 2, 0x68, 0x69],
  ...new TextEncoder().encode("HEND"),
];

function chunk(tag: string, time: number, content: readonly number[], claimed = content.length) {
  const numbers = new DataView(new ArrayBuffer(8));
  numbers.setUint32(0, time);
  numbers.setUint32(4, claimed);
  return [...new TextEncoder().encode(tag), ...new Uint8Array(numbers.buffer), ...content];
}

function demux(bytes: Uint8Array | readonly number[]) {
  return [...new SmjpegDemuxer().push(Uint8Array.from(bytes))];
}

Deno.test("FFmpeg's SMJPEG comes apart into whole JPEGs with their times", () => {
  const jpegs = demux(SMJPEG);
  assert.deepEqual(jpegs.map(({ ptsMs }) => ptsMs), jpegs.map((_, n) => n * 40));
  assert.equal(jpegs.length, 25);
  for (const { data } of jpegs) assert.deepEqual(jpegSize(data), { width: 96, height: 64 });
});

Deno.test("where the bytes are cut changes nothing", () => {
  const expected = demux(SMJPEG);
  const asCut = (places: readonly number[]) => {
    const demuxer = new SmjpegDemuxer();
    return cut(SMJPEG, places).flatMap((piece) => {
      const out = [...demuxer.push(piece)];
      piece.fill(0); // what came out is its owner's
      return out;
    });
  };
  const places = fc.array(fc.nat({ max: SMJPEG.byteLength }), { maxLength: 40 });
  fc.assert(
    fc.property(places, (places) => assert.deepEqual(asCut(places), expected)),
    { numRuns: 30 },
  );
  assert.deepEqual(asCut(Array.from({ length: 3000 }, (_, place) => place)), expected);
});

Deno.test("a JPEG is there with its last byte", () => {
  const bytes = Uint8Array.from([...HEADER, ...chunk("vidD", 7, [1, 2, 3])]);
  const demuxer = new SmjpegDemuxer();
  assert.equal([...demuxer.push(bytes.subarray(0, -1))].length, 0);
  assert.deepEqual([...demuxer.push(bytes.subarray(-1))], [
    { data: Uint8Array.of(1, 2, 3), ptsMs: 7 },
  ]);
});

Deno.test("times use all 32 bits; sound is stepped over; nothing follows the end", () => {
  const bytes = [
    ...HEADER,
    ...chunk("sndD", 0, [9, 9]),
    ...chunk("vidD", 0xfffffffe, [1]),
    ...new TextEncoder().encode("DONE"),
    ...chunk("vidD", 0, [2]),
  ];
  assert.deepEqual(demux(bytes), [{ data: Uint8Array.of(1), ptsMs: 0xfffffffe }]);
});

Deno.test("what is not SMJPEG is refused", () => {
  assert.throws(() => demux(new TextEncoder().encode("not that kind of file")), SmjpegError);
  assert.throws(() => demux([...HEADER, ...chunk("????", 0, [])]), SmjpegError);
});

Deno.test("lengths beyond any picture are refused before anything is stored", () => {
  const bomb = MAX_MESSAGE_BYTES + 1;
  assert.throws(() => demux([...HEADER, ...chunk("vidD", 0, [], bomb)]), SmjpegError);
  const field = chunk("_TXT", bomb, []);
  assert.throws(() => demux([...HEADER.slice(0, 16), ...field]), SmjpegError);
});

Deno.test("whatever the bytes, the only errors are its own", () => {
  const damage = fc.array(fc.tuple(fc.nat({ max: 4000 }), fc.nat({ max: 255 })), { maxLength: 20 });
  fc.assert(fc.property(damage, (changes) => {
    const bytes = SMJPEG.slice();
    for (const [place, value] of changes) bytes[place] = value;
    try {
      demux(bytes);
    } catch (error) {
      assert.ok(error instanceof SmjpegError, String(error));
    }
  }));
});

Deno.test("what comes after the end is not kept", () => {
  const demuxer = new SmjpegDemuxer();
  const end = Uint8Array.from([
    ...HEADER,
    ...new TextEncoder().encode("DONE"),
    ...Array(8).fill(0),
  ]);
  assert.deepEqual([...demuxer.push(end)], []);
  const held = demuxer.heldBytes;
  for (let count = 0; count < 100; count++) assert.deepEqual([...demuxer.push(end)], []);
  assert.equal(demuxer.heldBytes, held);
  assert.deepEqual([...demuxer.push(new Uint8Array(1024 * 1024))], []);
  assert.equal(demuxer.heldBytes, held);
});
