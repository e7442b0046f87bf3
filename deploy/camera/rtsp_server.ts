import { type CameraMount, RtspConnection } from "./rtsp_connection.ts";

/** An RTSP server with one camera, over interleaved TCP alone. */
export class RtspServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #mount: CameraMount;
  readonly #connections = new Map<RtspConnection, Promise<void>>();
  readonly #accepting: Promise<void>;
  #isClosed = false;

  /** @throws {Deno.errors.AddrInUse} when the port is taken; port 0 takes a free one */
  constructor(address: { readonly hostname: string; readonly port: number }, mount: CameraMount) {
    this.#mount = mount;
    this.#listener = Deno.listen({ ...address, transport: "tcp" });
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Closes the port and every connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#listener.close();
      for (const connection of this.#connections.keys()) connection.close();
    }
    await Promise.all([this.#accepting, ...this.#connections.values()]);
  }

  async #accept(): Promise<void> {
    for await (const conn of this.#listener) {
      const connection = new RtspConnection(conn, this.#mount);
      const served = connection.serve().finally(() => this.#connections.delete(connection));
      this.#connections.set(connection, served);
    }
  }
}
