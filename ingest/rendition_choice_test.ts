import assert from "node:assert/strict";
import { AUTO, chooseRendition } from "./rendition_choice.ts";

interface Case {
  readonly name: string;
  readonly decodesH264: boolean;
  readonly selected?: string;
  readonly running?: string[];
  readonly offered?: string[];
  readonly expected: string;
}

const CASES: readonly Case[] = [
  { name: "main when it runs", decodesH264: true, running: ["main", "jpeg"], expected: "main" },
  { name: "main while nothing runs", decodesH264: true, expected: "main" },
  {
    name: "main, not the JPEG that is only offered",
    decodesH264: true,
    offered: ["jpeg"],
    expected: "main",
  },
  {
    name: "the JPEG of a camera that is published as JPEG alone",
    decodesH264: true,
    running: ["jpeg"],
    expected: "jpeg",
  },
  { name: "JPEG without H.264", decodesH264: false, running: ["main"], expected: "jpeg" },
  {
    name: "what was selected and runs",
    decodesH264: true,
    selected: "low",
    running: ["main", "low"],
    expected: "low",
  },
  {
    name: "what was selected and is offered",
    decodesH264: true,
    selected: "jpeg",
    running: ["main"],
    offered: ["jpeg"],
    expected: "jpeg",
  },
  {
    name: "the best instead of a selection there is none of",
    decodesH264: true,
    selected: "nonsense",
    running: ["main"],
    expected: "main",
  },
  {
    name: "JPEG instead of a selection the viewer cannot decode",
    decodesH264: false,
    selected: "main",
    running: ["main"],
    offered: ["jpeg"],
    expected: "jpeg",
  },
];

for (const { name, decodesH264, selected, running, offered, expected } of CASES) {
  Deno.test(`a viewer gets ${name}`, () => {
    const wish = { decodesH264, selected: selected ?? AUTO };
    const choice = chooseRendition(wish, new Set(running), new Set(offered));
    assert.equal(choice.rendition, expected);
    assert.equal(choice.reason === "selected by hand", selected === expected);
  });
}
