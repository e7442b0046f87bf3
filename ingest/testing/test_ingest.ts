import { fileURLToPath } from "node:url";
import { loadConfig } from "../config.ts";
import { serveIngest } from "../server.ts";

/** A directory without a viewer, unless a test names another. */
const NO_VIEWER = fileURLToPath(new URL("no_viewer/", import.meta.url));

/** The process is that of all tests of a file: its memory says nothing of the one ingest in it. */
export const PLENTY = { MAX_MEMORY_MB: "1000000" };

/** Whatever serves ingest's routes until it is disposed of. */
export interface ServedIngest extends AsyncDisposable {
  readonly url: string;
}

/** A real ingest on a port of its own, with HTTP/1.1 connections that end with it. */
export class TestIngest implements AsyncDisposable {
  readonly #server: ServedIngest;
  readonly #client: Deno.HttpClient;

  /**
   * @param server goes with it
   * @param caCerts whom its clients trust, in PEM, where it speaks TLS
   */
  constructor(server: ServedIngest, caCerts: string[] = []) {
    this.#server = server;
    this.#client = Deno.createHttpClient({ http1: true, http2: false, caCerts });
  }

  static async start(
    env: Record<string, string> = {},
    viewerDirectory = NO_VIEWER,
    caCerts: string[] = [],
  ): Promise<TestIngest> {
    return new TestIngest(
      await serveIngest(loadConfig({ ...PLENTY, ...env, INGEST_PORT: "0" }), viewerDirectory),
      caCerts,
    );
  }

  get url(): string {
    return this.#server.url;
  }

  get address(): { hostname: string; port: number } {
    const { hostname, port } = new URL(this.#server.url);
    return { hostname, port: Number(port) };
  }

  webSocketUrl(path: string): string {
    return new URL(path, this.#server.url.replace("http", "ws")).href;
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(new URL(path, this.#server.url), { ...init, client: this.#client });
  }

  async json(path: string): Promise<unknown> {
    return await (await this.fetch(path)).json();
  }

  async stop(): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.stop();
  }
}
