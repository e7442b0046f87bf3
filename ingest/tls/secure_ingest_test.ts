import { LIVE_CONTENT_TYPE, VIEWER_SUBPROTOCOL } from "@porthole/protocol";
import { MisuseError } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { connect } from "node:http2";
import tls from "node:tls";
import { loadConfig } from "../config.ts";
import { serveIngest } from "../server.ts";
import { ClockShift } from "../testing/clock_shift.ts";
import { eventually } from "../testing/eventually.ts";
import { encode, h264Frame, jpegFrame } from "../testing/frames.ts";
import { TestCertificates } from "../testing/test_certificates.ts";
import { TestIngest } from "../testing/test_ingest.ts";
import { TestProducer } from "../testing/test_producer.ts";
import { handshake, maskedMessage, read, untilReset } from "../testing/raw_viewer.ts";
import { within } from "../testing/within.ts";

/** An ingest that speaks TLS, and whoever issued its certificate. */
class Secure implements AsyncDisposable {
  private constructor(readonly certificates: TestCertificates, readonly ingest: TestIngest) {}

  static async start(env: Record<string, string> = {}): Promise<Secure> {
    const certificates = await TestCertificates.start();
    const { certPath, keyPath } = await certificates.issue("server");
    const settings = { TLS_CERT: certPath, TLS_KEY: keyPath, ...env };
    const ingest = await TestIngest.start(settings, undefined, [certificates.caCert]);
    return new Secure(certificates, ingest);
  }

  /** A connection inside of TLS that says nothing yet. */
  async connect(alpnProtocols: string[] = ["http/1.1"]): Promise<Deno.TlsConn> {
    const { port } = this.ingest.address;
    const caCerts = [this.certificates.caCert];
    const connection = await Deno.connectTls({
      hostname: "127.0.0.1",
      port,
      caCerts,
      alpnProtocols,
    });
    await connection.handshake();
    return connection;
  }

  async metric(name: string): Promise<number> {
    const metrics = await this.ingest.json("/metrics") as Record<string, number>;
    return metrics[name] ?? NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ingest[Symbol.asyncDispose]();
    await this.certificates[Symbol.asyncDispose]();
  }
}

Deno.test("with TLS everything is as without: publishing, watching, HTTP/1.1, on one port", async () => {
  await using secure = await Secure.start();
  const { ingest } = secure;
  assert.match(ingest.url, /^https:/);
  using viewer = await secure.connect();
  await viewer.write(handshake("/ws/cam", VIEWER_SUBPROTOCOL));
  assert.match(await read(viewer), /^HTTP\/1.1 101 /);
  await viewer.write(maskedMessage(encode({ type: "hello", codecs: ["avc1"] })));
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  producer.send(h264Frame(1, true));
  await producer.answer("ack");
  await eventually("the frame", async () => /avc1\.42c00a/.test(await read(viewer)));
  const single = await ingest.fetch("/ingest", { method: "POST", body: encode(jpegFrame()) });
  assert.equal(single.status, 200, await single.text());
});

Deno.test("HTTP/2 is agreed on by ALPN, and a live publish goes over it", async () => {
  await using secure = await Secure.start();
  const session = connect(secure.ingest.url, { ca: secure.certificates.caCert });
  const failed = new Promise<never>((_resolve, reject) => session.once("error", reject));
  const stream = session.request({
    ":method": "POST",
    ":path": "/ingest/cam",
    "content-type": LIVE_CONTENT_TYPE,
  });
  const answered = new Promise((resolve) =>
    stream.once("response", (headers) => resolve(headers[":status"]))
  );
  assert.equal(await within("an answer", Promise.race([answered, failed])), 200);
  stream.resume();
  const published = () => secure.ingest.json("/api/streams");
  await eventually("it publishes", async () => JSON.stringify(await published()).includes("cam"));
  const closed = new Promise((resolve) => session.once("close", resolve));
  stream.end();
  session.close();
  await within("its end", closed);
});

Deno.test("who speaks in the clear to it is told to use https", async () => {
  await using secure = await Secure.start();
  using connection = await Deno.connect(secure.ingest.address);
  await connection.write(handshake("/ws/cam"));
  const answer = await read(connection);
  assert.match(answer, /^HTTP\/1.1 400 Bad Request\r\n/);
  assert.match(answer, /"code":"https_required".*https:\/\//);
});

Deno.test("TLS 1.2 is spoken, and nothing older", async () => {
  await using secure = await Secure.start();
  const { port } = secure.ingest.address;
  const versionOf = (maxVersion: tls.SecureVersion) =>
    new Promise<string | null>((resolve) => {
      const socket = tls.connect({
        ...{ port, host: "127.0.0.1", ca: secure.certificates.caCert },
        ...{ minVersion: "TLSv1", maxVersion } as const,
      }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.once("error", () => resolve(null));
    });
  assert.equal(await versionOf("TLSv1.2"), "TLSv1.2");
});

Deno.test("a TLS viewer that stops reading is reset, and nobody else notices", async () => {
  using clock = new ClockShift();
  await using secure = await Secure.start();
  const { ingest } = secure;
  await using producer = await TestProducer.publish(ingest, "/ingest/cam");
  using stuck = await secure.connect();
  await stuck.write(handshake("/ws/cam", VIEWER_SUBPROTOCOL));
  await read(stuck);
  await stuck.write(maskedMessage(encode({ type: "hello", codecs: ["avc1"] })));
  await eventually("it watches", async () => await secure.metric("clients_connected") === 1);
  const data = new Uint8Array(200_000);
  new DataView(data.buffer).setUint32(0, data.byteLength - 4);
  for (let seq = 1; seq <= 100; seq++) {
    producer.send(h264Frame(seq, true, { data }));
    if (seq % 20 === 0) await producer.answer("ack", (ack) => ack["seq"] === seq);
  }
  clock.advance(2_001);
  const pinged = async () => {
    const { viewers: [viewer] } = await ingest.json("/api/streams/cam/viewers") as {
      viewers: { bytesInFlight: number }[];
    };
    return (viewer?.bytesInFlight ?? 0) > 100_000;
  };
  await eventually("it holds a lot", pinged);
  await eventually("it is out", async () => {
    clock.advance(1_000);
    return await secure.metric("clients_connected") === 0;
  });
  assert.equal(await secure.metric("clients_given_up"), 1);
  await within("the reset", untilReset(stuck));
  const connections = async () => await secure.metric("connections_open") <= 2;
  await eventually("its connection is gone", connections);
});

Deno.test("a certificate that does not do keeps ingest from starting, and says why", async () => {
  const env = { INGEST_PORT: "0", TLS_CERT: "/nonexistent/a.pem", TLS_KEY: "/nonexistent/b.pem" };
  await assert.rejects(
    serveIngest(loadConfig(env), "/nonexistent"),
    (error) => error instanceof MisuseError && /TLS_CERT: there is no file/.test(error.message),
  );
});
