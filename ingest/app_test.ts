import assert from "node:assert/strict";
import { encode, jpegFrame } from "./testing/frames.ts";
import { refusalOf, TestApp } from "./testing/test_app.ts";

Deno.test("what is not there is 404 in the format of every error", async () => {
  using app = new TestApp();
  for (const path of ["/nothing", "/ingest/a/b", "/ws/", "/api", "/api/streams/", "/.env"]) {
    assert.deepEqual(await refusalOf(await app.fetch(path)), [404, "not_found"], path);
  }
});

Deno.test("routes take their own methods alone", async () => {
  using app = new TestApp();
  for (const [method, path] of [["GET", "/ingest"], ["PUT", "/ingest"], ["POST", "/ws"]] as const) {
    assert.deepEqual(await refusalOf(await app.fetch(path, { method })), [404, "not_found"], path);
  }
});

Deno.test("a stream id that is none is 400 wherever a path takes one", async () => {
  using app = new TestApp();
  const ids = [
    "UPPER",
    "a.b",
    "%2e%2e%2f%2e%2e",
    "a%2Fb",
    "-a",
    "_a",
    "a%00",
    "a%0a",
    "%3Cscript%3E",
    "%C3%A9",
    "%ZZ",
    "a".repeat(65),
  ];
  const routes = [
    ["POST", (id: string) => `/ingest/${id}`],
    ["GET", (id: string) => `/ws/${id}`],
    ["GET", (id: string) => `/api/streams/${id}`],
    ["GET", (id: string) => `/api/streams/${id}/snapshot.jpg`],
    ["GET", (id: string) => `/api/streams/${id}/mjpeg`],
  ] as const;
  for (const [method, pathOf] of routes) {
    for (const id of ids) {
      const response = await app.fetch(pathOf(id), { method });
      assert.deepEqual(await refusalOf(response), [400, "invalid_stream_id"], pathOf(id));
    }
  }
});

Deno.test("the longest id and the shortest are fine", async () => {
  using app = new TestApp();
  for (const id of ["a", "0", `${"a".repeat(62)}_-`]) {
    const response = await app.post(`/ingest/${id}`, encode(jpegFrame()));
    assert.equal(response.status, 200, await response.text());
  }
});

Deno.test("a fault of the server is 500, without its innards", async () => {
  using app = new TestApp();
  app.streams.published = () => {
    throw new Error("secret innards");
  };
  const response = await app.fetch("/api/streams");
  const text = await response.clone().text();
  assert.deepEqual(await refusalOf(response), [500, "internal"]);
  assert.doesNotMatch(text, /innards/);
});
