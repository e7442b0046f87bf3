import assert from "node:assert/strict";
import { MediaRelay } from "./media_relay.ts";
import { digestResponse } from "./rtsp_auth.ts";
import type { CameraMount } from "./rtsp_connection.ts";
import { RtspServer } from "./rtsp_server.ts";

const SDP = "v=0\r\nm=video 0 RTP/AVP 96\r\na=control:streamid=0\r\n";
const TCP_TRANSPORT = "Transport: RTP/AVP/TCP;unicast;interleaved=4-5";

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An RTSP client that does as it is told, wrong things as well. */
class TestClient implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #base: string;
  #buffered = new Uint8Array(0);
  #cSeq = 0;

  private constructor(conn: Deno.TcpConn, base: string) {
    this.#conn = conn;
    this.#base = base;
  }

  static async connect(server: RtspServer): Promise<TestClient> {
    const { port } = server;
    return new TestClient(await Deno.connect({ port }), `rtsp://127.0.0.1:${port}`);
  }

  url(path: string): string {
    return this.#base + path;
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  async request(method: string, path = "/camera", ...headers: string[]): Promise<Answer> {
    this.#cSeq += 1;
    const lines = [`${method} ${this.url(path)} RTSP/1.0`, `CSeq: ${this.#cSeq}`, ...headers];
    await this.send(lines.join("\r\n") + "\r\n\r\n");
    const answer = await this.readAnswer();
    assert.equal(answer.headers.get("cseq"), String(this.#cSeq));
    return answer;
  }

  async readAnswer(): Promise<Answer> {
    let head = "";
    while (!head.endsWith("\r\n\r\n")) head += String.fromCharCode(...await this.readBytes(1));
    const [statusLine = "", ...headerLines] = head.trimEnd().split("\r\n");
    const headers = new Map(headerLines.map((line) => {
      const [name = "", ...value] = line.split(": ");
      return [name.toLowerCase(), value.join(": ")];
    }));
    const body = await this.readBytes(Number(headers.get("content-length") ?? 0));
    const status = Number(statusLine.split(" ")[1]);
    return { status, headers, body: new TextDecoder().decode(body) };
  }

  async play(): Promise<void> {
    assert.equal((await this.request("SETUP", "/camera/streamid=0", TCP_TRANSPORT)).status, 200);
    assert.equal((await this.request("PLAY")).status, 200);
  }

  /** @throws {Error} when the server closes the connection before that */
  async readBytes(count: number): Promise<Uint8Array> {
    while (this.#buffered.length < count) {
      const chunk = new Uint8Array(65_536);
      const readBytes = await this.#conn.read(chunk);
      if (readBytes === null) throw new Error("the server closed the connection");
      const joined = new Uint8Array(this.#buffered.length + readBytes);
      joined.set(this.#buffered);
      joined.set(chunk.subarray(0, readBytes), this.#buffered.length);
      this.#buffered = joined;
    }
    const bytes = this.#buffered.slice(0, count);
    this.#buffered = this.#buffered.slice(count);
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function createServer(options: Partial<CameraMount> = {}): {
  readonly server: RtspServer;
  readonly relay: MediaRelay;
} {
  const relay = new MediaRelay("h264");
  const mount: CameraMount = {
    path: "/camera",
    publishPath: "/publish/secret",
    auth: "none",
    credentials: { user: "admin", password: "p:@ ss" },
    relay,
    description: SDP,
    ...options,
  };
  return { server: new RtspServer({ hostname: "127.0.0.1", port: 0 }, mount), relay };
}

function packet(timestamp: number, nalType: number, payloadBytes = 4): Uint8Array {
  const bytes = new Uint8Array(4 + 12 + payloadBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x24;
  view.setUint16(2, bytes.length - 4);
  bytes[4] = 0x80;
  view.setUint32(8, timestamp);
  bytes[16] = nalType;
  return bytes;
}

const KEYFRAME = packet(1, 7);
const DELTA_FRAME = packet(2, 1);

Deno.test("a client describes, sets up, plays, keeps alive and leaves", async () => {
  const { server } = createServer();
  await using _server = server;
  using client = await TestClient.connect(server);
  assert.match((await client.request("OPTIONS")).headers.get("public") ?? "", /DESCRIBE.*PLAY/);

  const description = await client.request("DESCRIBE");
  assert.equal(description.body, SDP);
  assert.equal(description.headers.get("content-type"), "application/sdp");
  assert.equal(description.headers.get("content-base"), client.url("/camera/"));

  const setUp = await client.request("SETUP", "/camera/streamid=0", TCP_TRANSPORT);
  assert.match(setUp.headers.get("transport") ?? "", /^RTP\/AVP\/TCP;.*interleaved=4-5/);
  const session = setUp.headers.get("session") ?? "";
  assert.match(session, /^\w+;timeout=60$/);
  const [id] = session.split(";");

  assert.equal((await client.request("PLAY", "/camera/", `Session: ${id}`)).status, 200);
  const keepAlive = await client.request("GET_PARAMETER", "/camera", `Session: ${id}`);
  assert.equal(keepAlive.status, 200);
  assert.equal((await client.request("TEARDOWN", "/camera", `Session: ${id}`)).status, 200);
  assert.equal((await client.request("PLAY")).status, 455);
});

Deno.test("what cannot be done is refused with the right status", async () => {
  const { server } = createServer();
  await using _server = server;
  using client = await TestClient.connect(server);
  const status = async (...request: Parameters<TestClient["request"]>) =>
    (await client.request(...request)).status;
  assert.equal(await status("DESCRIBE", "/other"), 404);
  assert.equal(await status("DESCRIBE", "/camera2"), 404);
  assert.equal(await status("PLAY"), 455);
  assert.equal(await status("SETUP", "/camera", "Transport: RTP/AVP;unicast;client_port=5-6"), 461);
  assert.equal(await status("SETUP", "/camera"), 461);
  assert.equal(await status("PLAY", "/camera", "Session: guessed"), 454);
  assert.equal(await status("PAUSE"), 501);
});

Deno.test("only who knows the publisher's path may publish", async () => {
  const { server } = createServer({ description: undefined });
  await using _server = server;
  using client = await TestClient.connect(server);
  assert.equal((await client.request("DESCRIBE")).status, 404);
  assert.equal((await client.request("ANNOUNCE", "/publish/guess")).status, 404);
  assert.equal((await client.request("ANNOUNCE")).status, 501);
  assert.equal((await client.request("RECORD")).status, 501);
  assert.equal((await client.request("DESCRIBE")).status, 404);
});

Deno.test("what is not RTSP is answered with 400, and the connection closed", async () => {
  const { server } = createServer();
  await using _server = server;
  using client = await TestClient.connect(server);
  await client.send("GET / HTTP/1.1\r\n\r\n");
  assert.equal((await client.readAnswer()).status, 400);
  await assert.rejects(client.readBytes(1), /closed the connection/);
});

Deno.test("Basic: challenged, then let in", async () => {
  const { server } = createServer({ auth: "basic" });
  await using _server = server;
  using client = await TestClient.connect(server);
  const challenged = await client.request("DESCRIBE");
  assert.equal(challenged.status, 401);
  assert.match(challenged.headers.get("www-authenticate") ?? "", /^Basic realm=/);
  const wrong = `Authorization: Basic ${btoa("admin:p")}`;
  assert.equal((await client.request("DESCRIBE", "/camera", wrong)).status, 401);
  const right = `Authorization: Basic ${btoa("admin:p:@ ss")}`;
  assert.equal((await client.request("DESCRIBE", "/camera", right)).status, 200);
  assert.equal((await client.request("SETUP", "/camera", TCP_TRANSPORT)).status, 401);
});

Deno.test("Digest: a nonce is good for the connection it was given to", async () => {
  const { server } = createServer({ auth: "digest" });
  await using _server = server;
  using client = await TestClient.connect(server);
  const challenge = (await client.request("DESCRIBE")).headers.get("www-authenticate") ?? "";
  const [, realm = ""] = /realm="([^"]*)"/.exec(challenge) ?? [];
  const [, nonce = ""] = /nonce="([^"]*)"/.exec(challenge) ?? [];
  const url = client.url("/camera");
  const response = digestResponse({
    user: "admin",
    password: "p:@ ss",
    realm,
    nonce,
    method: "DESCRIBE",
    url,
  });
  const authorization = `Authorization: Digest username="admin", realm="${realm}", ` +
    `nonce="${nonce}", uri="${url}", response="${response}"`;
  assert.equal((await client.request("DESCRIBE", "/camera", authorization)).status, 200);

  using other = await TestClient.connect(server);
  const stale = await other.request("DESCRIBE", "/camera", authorization);
  assert.equal(stale.status, 401);
  assert.match(stale.headers.get("www-authenticate") ?? "", /stale=TRUE/);
});

Deno.test("a client gets the packets from the next keyframe on, on its own channel", async () => {
  const { server, relay } = createServer();
  await using _server = server;
  using client = await TestClient.connect(server);
  relay.relay("rtp", KEYFRAME);
  await client.play();
  relay.relay("rtp", DELTA_FRAME);
  relay.relay("rtcp", DELTA_FRAME);
  const nextKeyframe = packet(3, 7);
  relay.relay("rtp", nextKeyframe);
  relay.relay("rtcp", DELTA_FRAME);
  const received = await client.readBytes(nextKeyframe.length + DELTA_FRAME.length);
  const expected = [...nextKeyframe, ...DELTA_FRAME];
  expected[1] = 4;
  expected[nextKeyframe.length + 1] = 5;
  assert.deepEqual([...received], expected);
});

Deno.test("a client that stops reading is dropped, and the others get everything", async () => {
  const { server, relay } = createServer();
  await using _server = server;
  using stuck = await TestClient.connect(server);
  using reading = await TestClient.connect(server);
  await stuck.play();
  await reading.play();
  // Far more than the server's limit and what the kernel takes together.
  const payloadBytes = 60_000;
  const packets = 600;
  const lastByte = async () => {
    for (let index = 0; index < packets; index++) await reading.readBytes(16 + payloadBytes);
  };
  const read = lastByte();
  for (let index = 0; index < packets; index++) {
    relay.relay("rtp", packet(index, 7, payloadBytes));
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await read;
  await assert.rejects(async () => {
    while (true) await stuck.readBytes(16 + payloadBytes);
  }, /closed the connection|reset/);
});

Deno.test("closing the server ends its connections; closing it again is fine", async () => {
  const { server } = createServer();
  using client = await TestClient.connect(server);
  await client.play();
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await assert.rejects(client.readBytes(1));
  await assert.rejects(TestClient.connect(server), Deno.errors.ConnectionRefused);
});
