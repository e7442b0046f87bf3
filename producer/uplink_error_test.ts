import assert from "node:assert/strict";
import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { openPublish } from "./publish_request.ts";
import { explain, refusal, type UplinkFailureCode, uplinkFailureCodeOf } from "./uplink_error.ts";

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
  const broke = await failureOf(url);
  assert.match(explain(broke), /the connection to ingest broke/);
  assert.equal(uplinkFailureCodeOf(broke), "broken");
  server.close();
  await once(server, "close");
  const missing = await failureOf(url);
  assert.equal(uplinkFailureCodeOf(missing), "unreachable");
  assert.match(explain(missing), /nothing listens at INGEST_URL/);
  const unknown = Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" });
  assert.match(explain(unknown), /host name in INGEST_URL is not known/);
});

Deno.test("what has no words of its own is told as it is, with its cause", () => {
  assert.match(explain(new Error("odd", { cause: new Error("odder") })), /odd.*odder/);
});

Deno.test("why a publish ended is one of few causes, by which restarts are counted", async () => {
  const refused = async (status: number) =>
    uplinkFailureCodeOf(await refusal({ status, chunks: ReadableStream.from([]) }));
  const expected: Readonly<Record<number, UplinkFailureCode>> = {
    401: "unauthorized",
    403: "unauthorized",
    404: "refused",
    409: "taken",
    503: "refused",
  };
  for (const [status, code] of Object.entries(expected)) {
    assert.equal(await refused(Number(status)), code);
  }
  const distrusted = new Error("fetch failed", { cause: new Error("self-signed certificate") });
  assert.equal(uplinkFailureCodeOf(distrusted), "untrusted");
  assert.equal(uplinkFailureCodeOf(new Error("odd")), "failed");
});
