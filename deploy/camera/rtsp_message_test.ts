import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatResponse,
  interleavedChannels,
  type InterleavedPacket,
  requestPath,
  RtspParser,
  type RtspRequest,
  RtspSyntaxError,
} from "./rtsp_message.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const DESCRIBE = "DESCRIBE rtsp://10.0.0.1:554/camera RTSP/1.0\r\nCSeq: 2\r\n" +
  "Accept: application/sdp\r\n\r\n";
const ANNOUNCE =
  "ANNOUNCE rtsp://10.0.0.1/live RTSP/1.0\r\nCSeq: 3\r\ncontent-length:5\r\n\r\nv=0\r\n";
const PACKET = Uint8Array.of(0x24, 7, 0, 3, 0x80, 0x0d, 0x0a);

function parse(...chunks: readonly Uint8Array[]): (RtspRequest | InterleavedPacket)[] {
  const parser = new RtspParser();
  return chunks.flatMap((chunk) => {
    const reused = chunk.slice();
    const items = [...parser.push(reused)];
    reused.fill(0xff);
    return items;
  });
}

Deno.test("a request is taken apart", () => {
  const [request] = parse(bytesOf(ANNOUNCE));
  assert.ok(request?.kind === "request");
  assert.equal(request.method, "ANNOUNCE");
  assert.equal(request.url, "rtsp://10.0.0.1/live");
  assert.equal(request.headers.get("cseq"), "3");
  assert.equal(textOf(request.body), "v=0\r\n");
});

Deno.test("requests and packets come out whole, however they are cut", () => {
  const stream = [...bytesOf(DESCRIBE), ...PACKET, ...bytesOf(ANNOUNCE + "\r\n" + DESCRIBE)];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), (sizes) => {
      const chunks: Uint8Array[] = [];
      let offset = 0;
      for (const size of [...sizes, stream.length]) {
        chunks.push(Uint8Array.from(stream.slice(offset, offset + size)));
        offset += size;
      }
      const items = parse(...chunks);
      assert.deepEqual(
        items.map((item) => item.kind === "request" ? item.method : item.channel),
        ["DESCRIBE", 7, "ANNOUNCE", "DESCRIBE"],
      );
      const packet = items[1];
      assert.ok(packet?.kind === "interleaved");
      assert.deepEqual(packet.bytes, PACKET);
    }),
  );
});

Deno.test("arbitrary bytes are parsed, awaited or refused", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
      try {
        parse(...chunks);
      } catch (error) {
        assert.ok(error instanceof RtspSyntaxError);
      }
    }),
  );
});

Deno.test("what is too long or not RTSP is refused", () => {
  const refused = (text: string, reason: RegExp) =>
    assert.throws(
      () => parse(bytesOf(text)),
      (error) => error instanceof RtspSyntaxError && reason.test(error.message),
    );
  refused("GET / HTTP/1.1\r\n\r\n", /not RTSP/);
  refused("PLAY * RTSP/1.0\r\n: x\r\n\r\n", /no name/);
  refused("A".repeat(17_000), /head is too long/);
  refused("PLAY * RTSP/1.0\r\n" + "A: b\r\n".repeat(3_000) + "\r\n", /head is too long/);
  refused("PLAY * RTSP/1.0\r\nContent-Length: 65537\r\n\r\n", /body is too long/);
  refused("PLAY * RTSP/1.0\r\nContent-Length: -1\r\n\r\n", /not a number/);
});

Deno.test("a response has the request's CSeq and the body's length in bytes", () => {
  const response = formatResponse({ status: 200, headers: { "X-A": "b" }, body: "é" }, "42");
  assert.equal(
    textOf(response),
    "RTSP/1.0 200 OK\r\nCSeq: 42\r\nServer: Porthole simulated camera\r\nX-A: b\r\n" +
      "Content-Length: 2\r\n\r\né",
  );
});

Deno.test("of the transports only interleaved TCP is taken", () => {
  const channels = interleavedChannels;
  assert.deepEqual(channels("RTP/AVP/TCP;unicast;interleaved=2-3"), { rtp: 2, rtcp: 3 });
  assert.deepEqual(channels("RTP/AVP/TCP;interleaved=4"), { rtp: 4, rtcp: 5 });
  assert.deepEqual(channels("RTP/AVP/TCP"), { rtp: 0, rtcp: 1 });
  assert.deepEqual(
    channels("RTP/AVP;unicast;client_port=5000-5001,RTP/AVP/TCP;unicast;interleaved=0-1"),
    { rtp: 0, rtcp: 1 },
  );
  assert.equal(channels("RTP/AVP;unicast;client_port=5000-5001"), undefined);
  assert.equal(channels("RTP/AVP/UDP;unicast"), undefined);
  assert.equal(channels("RTP/AVP/TCP;interleaved=300-301"), undefined);
  assert.equal(channels(""), undefined);
});

Deno.test("a path is compared without host, query and slash at the end", () => {
  assert.equal(requestPath("rtsp://10.0.0.1:554/camera/?channel=1"), "/camera");
  assert.equal(requestPath("rtsp://a:b@10.0.0.1/camera/streamid=0"), "/camera/streamid=0");
  assert.equal(requestPath("rtsp://10.0.0.1"), "/");
  assert.equal(requestPath("*"), "*");
});
