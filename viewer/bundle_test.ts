import assert from "node:assert/strict";
import { buildViewer } from "./build.ts";

Deno.test("the bundles run in a page: all there, no schemas, no imports, nothing inline", async () => {
  await using dist = await temporaryDir();
  await buildViewer(dist.path);

  const names = (await Array.fromAsync(Deno.readDir(dist.path), ({ name }) => name)).sort();
  assert.deepEqual(names, [
    "decode_worker.js",
    "decode_worker.js.map",
    "embed.html",
    "embed.js",
    "embed.js.map",
    "embed_example.css",
    "embed_example.js",
    "favicon.svg",
    "index.html",
    "main.js",
    "main.js.map",
    "style.css",
    "watch.js",
    "watch.js.map",
  ]);

  for (const bundle of ["main.js", "decode_worker.js"]) {
    const sources = await sourcesOf(`${dist.path}/${bundle}.map`);
    assert.ok(
      sources.some((source) => source.endsWith("protocol/limits.ts")),
      `${bundle} is whole`,
    );
    assert.ok(!sources.some((source) => /zod|schema\.ts|protocol\/service/.test(source)), bundle);
    const code = await Deno.readTextFile(`${dist.path}/${bundle}`);
    assert.doesNotMatch(code, /\bfrom\s*["']|\bimport\s*["'(]|\bDeno\./, bundle);
  }

  const page = await Deno.readTextFile(`${dist.path}/index.html`);
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?:/);
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

async function temporaryDir(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
