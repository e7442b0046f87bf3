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
  const first = notices.of({ title: "door", words: "x" }, 0);
  assert.equal(notices.of({ title: "door", words: "x" }, 0), first);
  assert.notEqual(notices.of({ title: "door", words: "y" }, 0), first);
});

Deno.test("who asks for ever new notices has few of them drawn, and others keep theirs", () => {
  const notices = new Notices();
  const own = notices.of({ title: "door", words: "x" }, 0);
  const given = Array.from({ length: 200 }, (_, i) => notices.of({ title: `${i}`, words: "" }, 0));
  assert.ok(new Set(given).size <= 31, `${new Set(given).size} drawn`);
  assert.equal(notices.of({ title: "door", words: "x" }, 0), own);
  assert.notEqual(notices.of({ title: "yard", words: "x" }, 1_000), given.at(-1), "a second later");
});
