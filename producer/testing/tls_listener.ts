import assert from "node:assert/strict";
import { once } from "node:events";
import * as tls from "node:tls";

/** A port of this machine's that speaks TLS, with a certificate of its own making. */
export async function listenByTls(
  serve: (socket: tls.TLSSocket) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<tls.TLSSocket>();
  const server = tls.createServer(await selfSigned(), (socket) => {
    sockets.add(socket);
    socket.on("error", () => {}); // Who hangs up in the middle is what these tests are about.
    socket.on("close", () => sockets.delete(socket));
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function selfSigned(): Promise<{ readonly key: string; readonly cert: string }> {
  const directory = await Deno.makeTempDir({ prefix: "porthole-camera-" });
  const [keyPath, certPath] = [`${directory}/key.pem`, `${directory}/cert.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", keyPath, "-out", certPath, "-subj", "/CN=camera"],
    ],
    stderr: "null",
  }).output();
  assert.ok(success, "openssl");
  const [key, cert] = [await Deno.readTextFile(keyPath), await Deno.readTextFile(certPath)];
  await Deno.remove(directory, { recursive: true });
  return { key, cert };
}
