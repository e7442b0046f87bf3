import jpeg from "jpeg-js";
import assert from "node:assert/strict";
import { noticePicture } from "./notice_picture.ts";
import { Notices } from "./notices.ts";

/** Lines of text, from rows of pixels that are brighter than the ground. */
function linesIn(picture: Uint8Array): number {
  const { data, width, height } = jpeg.decode(picture);
  const isBright = (y: number) =>
    Array.from({ length: width }, (_, x) => data[4 * (y * width + x)] ?? 0).some((red) => red > 90);
  const rows = Array.from({ length: height }, (_, y) => isBright(y));
  return rows.filter((bright, y) => bright && !rows[y - 1]).length;
}

Deno.test("a notice is a JPEG with its title, a rule and its words in lines", () => {
  assert.equal(linesIn(noticePicture({ title: "door", words: "" })), 2);
  assert.equal(linesIn(noticePicture({ title: "door", words: "AAA" })), 3);
  const long = Array.from({ length: 12 }, () => "AAAAAAAAA").join(" ");
  assert.equal(linesIn(noticePicture({ title: "door", words: long })), 5);
  assert.equal(linesIn(noticePicture({ title: "door", words: "A".repeat(100) })), 5);
});

Deno.test("whatever the words are, it is drawn", () => {
  const same = (one: string, other: string) =>
    assert.deepEqual(
      noticePicture({ title: one, words: one }),
      noticePicture({ title: other, words: other }),
    );
  same("“é” … – 100 %", '"e" ... - 100 %');
  same("日\u0001 \n本", "?? ?");
  assert.notDeepEqual(
    noticePicture({ title: "a", words: "100 %" }),
    noticePicture({ title: "a", words: "100" }),
  );
  noticePicture({ title: "A".repeat(500), words: "A A ".repeat(5_000) });
});

Deno.test("a notice is drawn once", () => {
  const notices = new Notices();
  const first = notices.of({ title: "door", words: "x" });
  assert.equal(notices.of({ title: "door", words: "x" }), first);
  assert.notEqual(notices.of({ title: "door", words: "y" }), first);
});
