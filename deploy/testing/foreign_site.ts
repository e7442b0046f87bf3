/** What a site serves at a path. */
export interface SiteFile {
  readonly body: string;
  readonly type: string;
}

/**
 * A site of somebody else's, on an origin of its own: by `localhost` it is also another site than
 * an ingest at 127.0.0.1, so that no cookie of the one comes from a page of the other.
 */
export class ForeignSite implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(server: Deno.HttpServer<Deno.NetAddr>) {
    this.#server = server;
  }

  /** @param files by path; the answers are asked for at each request, for they may name the site */
  static start(
    files: () => Readonly<Record<string, SiteFile>>,
    headers: () => Readonly<Record<string, string>> = () => ({}),
  ): ForeignSite {
    return new ForeignSite(
      Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, ({ url }) => {
        const file = files()[new URL(url).pathname];
        if (file === undefined) return new Response("nothing here", { status: 404 });
        return new Response(file.body, { headers: { "content-type": file.type, ...headers() } });
      }),
    );
  }

  /** As browsers write it. */
  get origin(): string {
    return `http://localhost:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}
