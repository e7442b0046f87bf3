import assert from "node:assert/strict";
import { join } from "node:path";
import { TestIngest } from "../testing/test_ingest.ts";
import { refusalOf, TestApp } from "../testing/test_app.ts";

const FILES = [
  "index.html",
  "main.js",
  "decode_worker.js",
  "media_source.js",
  "latency_chart.js",
  "uplot.css",
  "style.css",
  "favicon.svg",
];

class ViewerDirectory implements Disposable {
  readonly parent = Deno.makeTempDirSync({ prefix: "porthole-viewer-" });
  readonly path = join(this.parent, "dist");

  constructor() {
    Deno.mkdirSync(this.path);
    for (const file of FILES) Deno.writeTextFileSync(join(this.path, file), `content of ${file}`);
    Deno.writeTextFileSync(join(this.path, "notes.txt"), "secret");
    Deno.writeTextFileSync(join(this.parent, "secret.txt"), "secret");
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.parent, { recursive: true });
  }
}

const TYPES = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/?stream=front": ["index.html", "text/html; charset=utf-8"],
  "/main.js": ["main.js", "text/javascript; charset=utf-8"],
  "/decode_worker.js": ["decode_worker.js", "text/javascript; charset=utf-8"],
  "/media_source.js": ["media_source.js", "text/javascript; charset=utf-8"],
  "/latency_chart.js": ["latency_chart.js", "text/javascript; charset=utf-8"],
  "/uplot.css": ["uplot.css", "text/css; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"],
  "/favicon.svg": ["favicon.svg", "image/svg+xml"],
} as const;

Deno.test("the viewer's files are served as what they are, locked down", async () => {
  using directory = new ViewerDirectory();
  using app = new TestApp({ viewerDirectory: directory.path });
  for (const [path, [file, type]] of Object.entries(TYPES)) {
    const response = await app.fetch(path);
    assert.equal(await response.text(), `content of ${file}`);
    assert.equal(response.headers.get("content-type"), type);
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'self'/);
    assert.match(policy, /object-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*/);
  }
});

Deno.test("a rebuilt viewer needs no restart", async () => {
  using directory = new ViewerDirectory();
  using app = new TestApp({ viewerDirectory: directory.path });
  assert.equal(await (await app.fetch("/main.js")).text(), "content of main.js");
  await Deno.writeTextFile(join(directory.path, "main.js"), "built again");
  assert.equal(await (await app.fetch("/main.js")).text(), "built again");
});

Deno.test("no other file is served, whatever the path says, sent as it is", async () => {
  using directory = new ViewerDirectory();
  await using ingest = await TestIngest.start({}, directory.path);
  const paths = [
    "/notes.txt",
    "/index.html",
    "/../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/main.js/../../secret.txt",
    "/main.js/%2e%2e/notes.txt",
    "/main.js%00.txt",
    "//etc/passwd",
    "/\\..\\secret.txt",
  ];
  for (const path of paths) {
    const answer = await rawGet(ingest, path);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, path);
    assert.doesNotMatch(answer, /secret|root:|content of/, path);
  }
});

Deno.test("a viewer that is not built is 503 with the cure", async () => {
  using app = new TestApp({ viewerDirectory: "/nonexistent" });
  const response = await app.fetch("/");
  const text = await response.clone().text();
  assert.deepEqual(await refusalOf(response), [503, "viewer_missing"]);
  assert.match(text, /deno task build:viewer/);
});

/** By hand: `fetch` would tidy the path up. */
async function rawGet(ingest: TestIngest, path: string): Promise<string> {
  using connection = await Deno.connect(ingest.address);
  const request = `GET ${path} HTTP/1.1\r\nHost: ingest\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  return await new Response(connection.readable).text();
}
