import assert from "node:assert/strict";
import { Issuer } from "../testing/tokens.ts";
import { KeySet, keySource } from "./key_set.ts";

const MINUTE_MS = 60_000;

class Source {
  loads = 0;
  keys: unknown = [];
  fails = false;

  readonly load = (): Promise<unknown> => {
    this.loads++;
    return this.fails ? Promise.reject(new Error("down")) : Promise.resolve({ keys: this.keys });
  };
}

const a = new Issuer("ES256", "a").jwk;
const b = new Issuer("ES256", "b").jwk;

Deno.test("keys are loaded when one is asked for, and kept", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  assert.equal(source.loads, 0);
  assert.deepEqual((await keys.of("a", 0)).map(({ kid }) => kid), ["a"]);
  await keys.of("a", MINUTE_MS);
  assert.equal(source.loads, 1);
});

Deno.test("an unknown key is asked for, but however many are, no more than once in ten seconds", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  await keys.of("a", 0);
  source.keys = [a, b];
  const asked = Array.from({ length: 100 }, (_, i) => keys.of(`x${i}`, 5_000));
  assert.ok((await Promise.all(asked)).every((found) => found.length === 0));
  assert.equal(source.loads, 1);
  assert.equal((await keys.of("b", 10_001)).length, 1);
  assert.equal(source.loads, 2);
});

Deno.test("who asks while the keys are on their way gets them too, of one load", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  const found = await Promise.all([keys.of("a", 0), keys.of("a", 1), keys.of("a", 2)]);
  assert.deepEqual(found.map(({ length }) => length), [1, 1, 1]);
  assert.equal(source.loads, 1);
});

Deno.test("a key that was taken back is gone ten minutes later", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  await keys.of("a", 0);
  source.keys = [b];
  await keys.of("a", 10 * MINUTE_MS + 1);
  assert.equal(source.loads, 2);
  assert.deepEqual(await keys.of("a", 10 * MINUTE_MS + 2), []);
});

Deno.test("a key that was taken back while nobody asked is gone at once, for all who ask then", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  await keys.of("a", 0);
  source.keys = [b];
  const weekMs = 7 * 24 * 60 * MINUTE_MS;
  const found = await Promise.all([
    keys.of("a", weekMs),
    keys.of("a", weekMs),
    keys.of("b", weekMs),
  ]);
  assert.deepEqual(found.map(({ length }) => length), [0, 0, 1]);
  assert.equal(source.loads, 2);
});

Deno.test("while the source is down the keys of before stay", async () => {
  const source = Object.assign(new Source(), { keys: [a] });
  const keys = new KeySet(source.load);
  await keys.of("a", 0);
  source.fails = true;
  await keys.of("a", 20 * MINUTE_MS);
  assert.equal((await keys.of("a", 40 * MINUTE_MS)).length, 1);
  assert.equal(source.loads, 2, "both found the same load under way");
});

Deno.test("what is no public key for signatures is left out, its private parts are dropped", async () => {
  const source = new Source();
  const keys = new KeySet(source.load);
  source.keys = [
    null,
    "a",
    { ...a, kid: undefined },
    { ...a, kid: "enc", use: "enc" },
    { kty: "oct", kid: "oct", k: "c2VjcmV0" },
    new Issuer("ES256", "private").privateJwk,
  ];
  const [found] = await keys.of("private", 0);
  assert.equal(found?.["d"], undefined);
  assert.equal(found?.kty, "EC");
  for (const kid of ["enc", "oct", "undefined"]) assert.deepEqual(await keys.of(kid, 1), []);
});

for (const answer of [null, {}, { keys: {} }, { keys: Array.from({ length: 101 }, () => a) }]) {
  Deno.test(`no key set: ${JSON.stringify(answer).slice(0, 20)}`, async () => {
    assert.deepEqual(await new KeySet(() => Promise.resolve(answer)).of("a", 0), []);
  });
}

Deno.test("a key set comes from a file, or by HTTP: without redirects, and of bounded length", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(file, JSON.stringify({ keys: [a] }));
  assert.deepEqual(await keySource(file)(), { keys: [a] });
  await Deno.remove(file);
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
    if (url.endsWith("/redirect")) return Response.redirect(new URL("/keys", url));
    if (url.endsWith("/long")) return new Response(" ".repeat(300_000));
    return url.endsWith("/keys") ? Response.json({ keys: [b] }) : new Response("", { status: 404 });
  });
  const base = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await keySource(`${base}/keys`)(), { keys: [b] });
  await assert.rejects(keySource(`${base}/redirect`)());
  await assert.rejects(keySource(`${base}/long`)(), /longer than/);
  await assert.rejects(keySource(`${base}/none`)(), /404/);
});
