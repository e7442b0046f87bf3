import assert from "node:assert/strict";
import { streamIdsOf, watchStreamList } from "./stream_list.ts";

Deno.test("only ids are taken from the answer, in its order", () => {
  const answer = {
    streams: [{ id: "front" }, { id: "<img src=x>" }, null, {}, { id: 3 }, { id: "back", x: 1 }],
  };
  assert.deepEqual(streamIdsOf(answer), ["front", "back"]);
});

Deno.test("an answer of another shape has no streams", () => {
  for (const answer of [null, undefined, "x", [], {}, { streams: {} }]) {
    assert.deepEqual(streamIdsOf(answer), []);
  }
});

Deno.test("the list is asked for until it is aborted, and a refusal is told", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    ({ url }) =>
      url.endsWith("/broken")
        ? new Response("no", { status: 500 })
        : url.endsWith("/login")
        ? new Response("no", { status: 401 })
        : url.endsWith("/forbidden")
        ? Response.json({ error: { message: "not from there" } }, { status: 403 })
        : Response.json({ streams: [{ id: "front" }] }),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await firstOf(new URL(base)), ["front"]);
  assert.equal(await firstOf(new URL(`${base}/broken`)), "the server answered 500");
  assert.equal(await firstOf(new URL(`${base}/forbidden`)), "not from there");
  assert.equal(await firstOf(new URL(`${base}/login`)), "a login is needed");
});

/** What the first poll brings. */
async function firstOf(url: URL): Promise<readonly string[] | string | undefined> {
  const polling = new AbortController();
  let first: readonly string[] | string | undefined;
  const end = (told: readonly string[] | string) => {
    first = told;
    polling.abort();
  };
  const onLogin = () => end("a login is needed");
  await watchStreamList(url, { onStreams: end, onFailure: end, onLogin }, polling.signal);
  return first;
}
