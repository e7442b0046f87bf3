import assert from "node:assert/strict";
import fc from "fast-check";
import { cut } from "./testing/fixtures.ts";
import { TextLineStream } from "./text_lines.ts";

async function linesOf(chunks: Iterable<Uint8Array>): Promise<string[]> {
  return await Array.fromAsync(ReadableStream.from(chunks).pipeThrough(new TextLineStream()));
}

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("lines end with any mix of CR and LF, empty ones are left out", async () => {
  assert.deepEqual(await linesOf([encode("\na\r\nb\rc\n\n\nd")]), ["a", "b", "c", "d"]);
  assert.deepEqual(await linesOf([encode("a\n")]), ["a"]);
  assert.deepEqual(await linesOf([]), []);
});

Deno.test("where the bytes are cut changes nothing, not even inside a character", async () => {
  const text = "Kamera „Tür“ 📷\r\nzweite Zeile\n\ndritte";
  const places = fc.array(fc.nat({ max: 60 }), { maxLength: 8 });
  await fc.assert(fc.asyncProperty(places, async (cuts) => {
    const lines = await linesOf(cut(encode(text), cuts));
    assert.deepEqual(lines, ["Kamera „Tür“ 📷", "zweite Zeile", "dritte"]);
  }));
});

Deno.test("a line without end is cut and takes no memory", async () => {
  const endless = Array.from({ length: 500 }, () => encode("xyz ".repeat(2_500)));
  const [first = "", ...others] = await linesOf([...endless, encode("\nnext\n")]);
  assert.equal(first, `${"xyz ".repeat(249)}xyz …`);
  assert.deepEqual(others, ["next"]);
  assert.equal((await linesOf(endless))[0], first);
});

Deno.test("no word is cut: it may be a URL with half of a password", async () => {
  for (const before of [960, 980, 999, 1000, 1001]) {
    const line = `${"x".repeat(before)} rtsp://admin:hunter22hunter22@cam/1: refused`;
    const [cut = ""] = await linesOf([encode(line.slice(0, 990)), encode(line.slice(990))]);
    assert.match(cut, /^x+( rtsp:\/\/admin:hunter22hunter22@cam\/1:)?( refused| …)$|^…$/);
  }
});
