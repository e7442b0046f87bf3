import assert from "node:assert/strict";
import tls from "node:tls";
import { HttpListener } from "../http_listener.ts";
import { Metrics } from "../metrics.ts";
import { read } from "../testing/raw_viewer.ts";
import { type IssuedCertificate, TestCertificates } from "../testing/test_certificates.ts";
import { eventually } from "../testing/eventually.ts";
import { readCertificate } from "./certificate.ts";
import { CertificateWatch } from "./certificate_watch.ts";

async function copy(from: IssuedCertificate, to: IssuedCertificate): Promise<void> {
  await Deno.copyFile(from.certPath, to.certPath);
  await Deno.copyFile(from.keyPath, to.keyPath);
}

Deno.test("what was replaced is seen, once; what is broken is not used, and mended later", async () => {
  await using certificates = await TestCertificates.start();
  const files = await certificates.issue("server");
  const next = await certificates.issue("next");
  const seen: string[] = [];
  const first = await readCertificate(files);
  await using watch = new CertificateWatch(files, first, ({ cert }) => seen.push(cert), 3_600_000);
  await watch.look();
  assert.deepEqual(seen, [], "nothing changed");
  await Deno.copyFile(next.certPath, files.certPath);
  await watch.look();
  assert.deepEqual(seen, [], "the key is of the old one yet");
  await Deno.remove(files.certPath);
  await watch.look();
  assert.deepEqual(seen, []);
  await copy(next, files);
  await Promise.all([watch.look(), watch.look()]);
  await watch.look();
  assert.deepEqual(seen, [await Deno.readTextFile(next.certPath)]);
});

Deno.test("a replaced certificate is for new connections; those that are there go on", async () => {
  await using certificates = await TestCertificates.start();
  const files = await certificates.issue("before");
  const after = await certificates.issue("after");
  const caCert = certificates.caCert;
  await using listener = await HttpListener.listen({
    ...{ host: "127.0.0.1", port: 0, metrics: new Metrics(), certificateFiles: files },
    limits: { maxConnections: 10, maxConnectionsPerAddress: 10, newPerSecond: 1_000 },
    times: { lookForCertificateMs: 20 },
  }, () => new Response("here"));
  const port = Number(new URL(listener.url).port);
  const nameOf = () =>
    new Promise<string>((resolve, reject) => {
      const socket = tls.connect({ port, host: "127.0.0.1", ca: caCert }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.once("error", reject);
    });
  const address = { hostname: "127.0.0.1", port, caCerts: [caCert] };
  using connection = await Deno.connectTls(address);
  await connection.handshake();
  assert.equal(await nameOf(), "before");
  await copy(after, files);
  await eventually("the new one", async () => await nameOf() === "after");
  await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: ingest\r\n\r\n"));
  assert.match(await read(connection), /^HTTP\/1.1 200 /);
  await Deno.writeTextFile(files.keyPath, "broken");
  for (let index = 0; index < 5; index++) assert.equal(await nameOf(), "after");
});
