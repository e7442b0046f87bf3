import assert from "node:assert/strict";
import { buildViewer } from "./build.ts";

/** Of each bundle a source that it must have: it is whole. */
const BUNDLES = {
  "main.js": "protocol/limits.ts",
  "decode_worker.js": "protocol/limits.ts",
  "embed.js": "protocol/limits.ts",
  "watch.js": "protocol/limits.ts",
  "media_source.js": "media/fmp4.ts",
  "latency_chart.js": "uPlot.esm.js",
};

Deno.test("the bundles run in a page: all there, no schemas, no imports, nothing inline", async () => {
  await using dist = await temporaryDir();
  await buildViewer(dist.path);

  const names = (await Array.fromAsync(Deno.readDir(dist.path), ({ name }) => name)).sort();
  assert.deepEqual(names, [
    "decode_worker.js",
    "decode_worker.js.map",
    "embed.d.ts",
    "embed.html",
    "embed.js",
    "embed.js.map",
    "embed_example.css",
    "embed_example.js",
    "favicon.svg",
    "index.html",
    "latency_chart.js",
    "latency_chart.js.map",
    "main.js",
    "main.js.map",
    "media_source.js",
    "media_source.js.map",
    "style.css",
    "uplot.css",
    "watch.d.ts",
    "watch.js",
    "watch.js.map",
  ]);

  for (const [bundle, part] of Object.entries(BUNDLES)) {
    const sources = await sourcesOf(`${dist.path}/${bundle}.map`);
    assert.ok(
      sources.some((source) => source.endsWith(part)),
      `${bundle} is whole`,
    );
    assert.ok(!sources.some((source) => /zod|schema\.ts|protocol\/service/.test(source)), bundle);
    const code = await Deno.readTextFile(`${dist.path}/${bundle}`);
    // What is loaded only where it is needed has an address that is made up then.
    assert.doesNotMatch(code, /\bfrom\s*["']|\bimport\s*\(?["']|\bDeno\./, bundle);
  }
  const always = await sourcesOf(`${dist.path}/main.js.map`);
  assert.ok(!always.some((source) => /media\/fmp4|uplot/i.test(source)), "not before it is wanted");
  assert.match(await Deno.readTextFile(`${dist.path}/uplot.css`), /\.uplot/);

  for (const name of ["index.html", "embed.html"]) {
    const page = await Deno.readTextFile(`${dist.path}/${name}`);
    assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:/, name);
  }
});

Deno.test("what a page takes before anybody looks closer is small", async () => {
  await using dist = await temporaryDir();
  await buildViewer(dist.path);
  let sentBytes = 0;
  for (const file of ["index.html", "style.css", "main.js", "decode_worker.js"]) {
    sentBytes += await gzippedBytes(`${dist.path}/${file}`);
  }
  assert.ok(sentBytes <= 60 * 1024, `${sentBytes} bytes`);
});

Deno.test("a build takes the place of the one before", async () => {
  await using dist = await temporaryDir();
  await Deno.writeTextFile(`${dist.path}/main.js`, "old");
  await buildViewer(dist.path);
  assert.notEqual(await Deno.readTextFile(`${dist.path}/main.js`), "old");
});

async function sourcesOf(mapPath: string): Promise<string[]> {
  const map: unknown = JSON.parse(await Deno.readTextFile(mapPath));
  assert.ok(typeof map === "object" && map !== null && "sources" in map);
  assert.ok(Array.isArray(map.sources));
  return map.sources.map(String);
}

async function gzippedBytes(path: string): Promise<number> {
  const file = await Deno.open(path);
  const gzipped = file.readable.pipeThrough(new CompressionStream("gzip"));
  return (await new Response(gzipped).bytes()).byteLength;
}

async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
