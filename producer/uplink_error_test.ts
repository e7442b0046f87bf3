import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { openPublish } from "./publish_request.ts";
import { explain } from "./uplink_error.ts";

/** What a publish to it ends with. */
async function failureOf(url: URL): Promise<unknown> {
  const body = new ReadableStream<Uint8Array>();
  const { signal } = new AbortController();
  try {
    const { chunks } = await openPublish({ url, httpVersion: "1.1", headers: {}, body, signal });
    for await (const _chunk of chunks);
  } catch (error) {
    return error;
  }
  return undefined;
}

Deno.test("an ingest that dies in the middle, is not there or has no host is told in words", async () => {
  const server = http.createServer((incoming, outgoing) => {
    outgoing.writeHead(200);
    outgoing.write("x", () => incoming.socket.destroy());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const url = new URL(`http://127.0.0.1:${port}/`);
  assert.match(explain(await failureOf(url)), /the connection to ingest broke/);
  server.close();
  await once(server, "close");
  assert.match(explain(await failureOf(url)), /nothing listens at INGEST_URL/);
  const unknown = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
  assert.match(explain(unknown), /host name in INGEST_URL is not known/);
});

Deno.test("what has no words of its own is told as it is, with its cause", () => {
  assert.match(explain(new Error("odd", { cause: new Error("odder") })), /odd.*odder/);
});
