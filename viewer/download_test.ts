import assert from "node:assert/strict";
import { pictureFileName } from "./download.ts";

Deno.test("a picture's file is named by stream and time, as every system allows", () => {
  const name = pictureFileName("front", new Date("2024-05-06T07:08:09.010Z"));
  assert.equal(name, "front-2024-05-06T07-08-09.010Z.png");
});
