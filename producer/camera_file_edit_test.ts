import assert from "node:assert/strict";
import { withCamera, withoutCamera } from "./camera_file_edit.ts";

const TEXT = `# all of ours
cameras:
  # the front
  door: rtsp://me:word@10.0.0.1/1 # always open

  yard:
    name: "Yard" # with a tree
    url_env: YARD_URL
    fps: 5 # slow
  # last
  shed: rtsp://x/2
`;

Deno.test("a camera is added at the end, in the shortest way", () => {
  const added = withCamera(TEXT, "hall", { url: "rtsp://hall/1" });
  assert.equal(added, `${TEXT}  hall: rtsp://hall/1\n`);
  const named = withCamera(TEXT, "hall", {
    url: "rtsp://hall/1",
    name: "Hall: 1",
    ["on_demand"]: true,
  });
  assert.equal(
    named,
    `${TEXT}  hall:\n    url: rtsp://hall/1\n    name: "Hall: 1"\n    on_demand: true\n`,
  );
  assert.equal(withCamera("cameras: {}\n", "a", { url: "rtsp://a" }), "cameras:\n  a: rtsp://a\n");
});

Deno.test("a camera has the new fields and no others, and comments stay", () => {
  assert.equal(
    withCamera(TEXT, "yard", { name: "Back yard", url: "rtsp://y/1", fps: 5 }),
    TEXT.replace('"Yard"', '"Back yard"').replace("    url_env: YARD_URL\n", "")
      .replace("# slow\n", "# slow\n    url: rtsp://y/1\n"),
  );
  assert.equal(
    withCamera(TEXT, "door", { url: "rtsp://new/1" }),
    TEXT.replace("rtsp://me:word@10.0.0.1/1", "rtsp://new/1"),
  );
});

Deno.test("a camera goes, and the rest stays", () => {
  assert.equal(withoutCamera(TEXT, "shed"), TEXT.replace("  # last\n  shed: rtsp://x/2\n", ""));
});

Deno.test("JSON stays JSON", () => {
  const text = withCamera('{"cameras": {}}', "a", { url: "rtsp://a/1", fps: 5 });
  assert.deepEqual(JSON.parse(text), { cameras: { a: { url: "rtsp://a/1", fps: 5 } } });
  assert.deepEqual(JSON.parse(withoutCamera(text, "a")), { cameras: {} });
});
