import assert from "node:assert/strict";
import { streamAddressOf } from "./stream_address.ts";

Deno.test("an address of a stream may be of either scheme, relative, and below a path", () => {
  const page = "https://site.example/garden/page.html";
  const found = (src: string) => {
    const { streamId, socketUrl, streamUrl } = streamAddressOf(src, page);
    return [streamId, socketUrl, streamUrl];
  };
  const door = ["door", "wss://cams.example/ws/door", "https://cams.example/api/streams/door"];
  assert.deepEqual(found("wss://cams.example/ws/door"), door);
  assert.deepEqual(found("https://cams.example/ws/door"), door);
  assert.deepEqual(found("wss://someone:secret@cams.example/ws/door?token=x#y"), door);
  assert.deepEqual(found("ws://10.0.0.7:3000/ws"), [
    "default",
    "ws://10.0.0.7:3000/ws/default",
    "http://10.0.0.7:3000/api/streams/default",
  ]);
  assert.equal(found("wss://cams.example/ws/ws")[1], "wss://cams.example/ws/ws", "a name, too");
  assert.deepEqual(found("/cams/ws/yard"), [
    "yard",
    "wss://site.example/cams/ws/yard",
    "https://site.example/cams/api/streams/yard",
  ]);
});

Deno.test("what is no address of a stream says so", () => {
  const wrong = ["", "door", "ftp://host/ws/door", "wss://host/", "wss://host/ws/door/x", "//"];
  for (const src of wrong) {
    assert.throws(() => streamAddressOf(src, "https://site.example/"), /not the address/, src);
  }
  for (const src of ["wss://host/ws/Door", "wss://host/ws/", "wss://host/ws/%2e%2e"]) {
    assert.throws(() => streamAddressOf(src), /not the (name|address)/, src);
  }
  assert.throws(() => streamAddressOf("/ws/door"), TypeError, "relative to nothing");
});
