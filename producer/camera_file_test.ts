import * as fc from "fast-check";
import assert from "node:assert/strict";
import {
  type AddressSources,
  CameraFileError,
  namedInFile,
  parseCameraFile,
} from "./camera_file.ts";

const SOURCES: AddressSources = {
  env: (name) => ({ HALL_URL: "rtsp://hall/1", EMPTY: " ", TOKEN: "hunter22" })[name],
  file(path) {
    if (path === "yard.url") return "rtsp://me:hunter22@yard/1\n";
    throw new Error("no such file");
  },
};

function parse(text: string) {
  return parseCameraFile(text, "porthole.yaml", SOURCES)
    .map(({ url, fields: _, ...others }) => ({ ...others, url: url.href }));
}

function problemsOf(text: string): string[] {
  try {
    parse(text);
    return [];
  } catch (error) {
    assert.ok(error instanceof CameraFileError, String(error));
    return error.problems.map(({ line, column, cause }) => `${line}:${column} ${cause}`);
  }
}

Deno.test("a camera is a line, or fields with its address from wherever it is", () => {
  const cameras = parse(`
# all of ours
cameras:
  door: rtsp://10.0.0.1/1 # front
  hall: { url_env: HALL_URL, codec: h264, fps: 12, size: 640 }
  yard: &outside
    url_file: yard.url
    name: "Yard: behind"
    on_demand: yes
    renditions: [main, jpeg]
  07:
    <<: *outside
    name: Shed
`);
  const outside = { url: "rtsp://me:hunter22@yard/1", isOnDemand: true, renditions: ["jpeg"] };
  assert.deepEqual(cameras, [
    { id: "door", url: "rtsp://10.0.0.1/1" },
    { id: "hall", url: "rtsp://hall/1", codecMode: "h264", targetFps: 12, maxWidthPx: 640 },
    { id: "yard", name: "Yard: behind", ...outside },
    { id: "07", name: "Shed", ...outside },
  ]);
});

Deno.test("JSON does as well, and so does a file without a camera yet", () => {
  assert.deepEqual(parse(`{"cameras": {"a": "rtsp://a/1"}}`), [{ id: "a", url: "rtsp://a/1" }]);
  assert.deepEqual(parse("cameras: {}"), []);
});

Deno.test("all that is wrong is told at once, each with its line, and no password", () => {
  const text = `cameras:
  Door: rtsp://a/1
  a: http://me:hunter22@x/1
  b:
    url: rtsp://x/1
    url_env: HALL_URL
  c: { url_env: EMPTY }
  d: { url_file: nowhere, codec: mpeg2 }
  e: { url_env: TOKEN }
  f:
  g: { url: rtsp://g/1, fsp: 3, fps: 0 }
  h: { on_demand: yes, fsp: 3 }
  i: { url: 5, on_demand: maybe }
more: 1
`;
  const problems = problemsOf(text);
  const expected = [
    /^2:3 cameras: given "Door" as a camera's id; allowed: 1 to 64/,
    /^3:3 cameras\.a\.url: given "http:.*; allowed: an rtsp/,
    /^6:5 cameras\.b\.url_env: url and url_env at a time; give one of url, url_env, url_file/,
    /^7:8 cameras\.c\.url_env: EMPTY is not set/,
    /^8:8 cameras\.d\.url_file: nowhere cannot be read: no such file/,
    /^8:27 cameras\.d\.codec: given "mpeg2"; allowed: one of auto, h264, jpeg/,
    /^9:8 cameras\.e\.url_env: TOKEN holds .*not shown/,
    /^10:3 cameras\.f: not a camera/,
    /^11:25 cameras\.g\.fsp: no such field; there are url, /,
    /^11:33 cameras\.g\.fps: given 0; allowed: a whole number from 1 to 120/,
    /^12:3 cameras\.h: no address; give one of url, url_env, url_file/,
    /^12:24 cameras\.h\.fsp: no such field/,
    /^13:8 cameras\.i\.url: given a value not shown here/,
    /^13:16 cameras\.i\.on_demand: given "maybe"; allowed: true or false/,
    /^14:1 more: no such field/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  expected.forEach((pattern, index) => assert.match(problems[index] ?? "", pattern));
  assert.doesNotMatch(problems.join("\n"), /hunter22/);
});

Deno.test("what is no file of cameras is refused with its line, half of one too", () => {
  for (const text of ["", "cameras:", "cameras: 5", "- a", "cameras:\n  - rtsp://a/1"]) {
    assert.equal(problemsOf(text).length, 1, text);
  }
  assert.match(problemsOf("cameras:\n  a: rtsp://a\n  a: rtsp://b")[0] ?? "", /^3:3 .*unique/);
  const [broken = ""] = problemsOf('cameras:\n  a: "rtsp://me:hunter22@x/1\n');
  assert.match(broken, /^3:1 Missing closing/);
  assert.match(problemsOf("x".repeat(2 ** 20 + 1))[0] ?? "", /longer than/);
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (const [name, of] of ["ba", "cb", "dc", "ed", "fe", "gf"]) {
    bomb.push(`${name}: &${name} [${`*${of},`.repeat(9)}]`);
  }
  assert.ok(problemsOf(`${bomb.join("\n")}\ncameras: {a: {renditions: *g}}`).length > 0);
});

Deno.test("whatever the text, it is cameras or a CameraFileError", () => {
  const piece = fc.constantFrom(
    ..."cameras:|a: |\n|  |- |{|}|[|]|&x |*x|<<: |\"|'|#|rtsp://h/1|5|? |!!map |%|---\n".split("|"),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
    problemsOf(`cameras:\n${pieces.join("")}`);
  }));
});

Deno.test("the variables and files that cameras name are known while the file is wrong", () => {
  const text = "cameras:\n  a: {url_env: A_URL, fps: 0}\n  b: {url_file: b.url}\n  c: 5\n";
  assert.deepEqual(namedInFile(text), { variables: ["A_URL"], files: ["b.url"] });
  assert.deepEqual(namedInFile("cameras: ["), { variables: [], files: [] });
});
