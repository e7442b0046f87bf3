import assert from "node:assert/strict";
import { AUTO, QualityChoices } from "./quality_choices.ts";

Deno.test("a choice is of one stream, and automatic until there is one, or again", () => {
  const choices = new QualityChoices();
  assert.equal(choices.of("door"), AUTO);
  choices.choose("door", "low");
  assert.deepEqual([choices.of("door"), choices.of("garden")], ["low", AUTO]);
  choices.choose("door", AUTO);
  assert.equal(choices.of("door"), AUTO);
});
