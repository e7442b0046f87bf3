import { once } from "node:events";
import * as http from "node:http";
import * as http2 from "node:http2";
import * as https from "node:https";
import type { Duplex, Readable, Writable } from "node:stream";

export interface PublishRequest {
  readonly url: URL;
  readonly httpVersion: "1.1" | "2";
  readonly headers: Readonly<Record<string, string>>;
  /** Read as fast as the connection takes it. */
  readonly body: ReadableStream<Uint8Array>;
  /** Cuts the connection, whatever it is at. */
  readonly signal: AbortSignal;
}

export interface PublishResponse {
  readonly status: number;
  /** The response's body as it arrives; throws when the connection breaks. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * A POST whose response arrives while its body is still being sent, on a connection of its own.
 *
 * By Node's clients, for `fetch` leaves Nagle's algorithm on: what is written right behind
 * something else then waits for the other side's delayed ACK, up to 40 ms (RFC 9293, 3.7.4;
 * RFC 1122, 4.2.3.2).
 *
 * @throws what the connection failed with, or the reason of `signal`
 */
export async function openPublish(request: PublishRequest): Promise<PublishResponse> {
  const { httpVersion, body, signal } = request;
  signal.throwIfAborted();
  const connection = httpVersion === "2" ? openHttp2(request) : openHttp1(request);
  signal.addEventListener("abort", connection.cut, { once: true });
  try {
    void send(body, connection.outgoing, connection.cut);
    const { status, incoming } = await connection.answered;
    return { status, chunks: chunksOf(incoming, signal, connection.cut) };
  } catch (error) {
    connection.cut();
    throw signal.aborted ? signal.reason : error;
  }
}

interface Connection {
  readonly outgoing: Writable;
  readonly answered: Promise<{ readonly status: number; readonly incoming: Readable }>;
  readonly cut: () => void;
}

function openHttp1({ url, headers }: PublishRequest): Connection {
  const { request } = url.protocol === "https:" ? https : http;
  const outgoing = request(url, { method: "POST", headers, agent: false });
  outgoing.setNoDelay(true);
  outgoing.flushHeaders();
  const { promise: answered, resolve, reject } = Promise.withResolvers<
    { status: number; incoming: Readable }
  >();
  outgoing.once("response", (incoming) => {
    resolve({ status: incoming.statusCode ?? 0, incoming });
  });
  outgoing.on("error", reject);
  return { outgoing, answered, cut: () => void outgoing.destroy() };
}

function openHttp2({ url, headers }: PublishRequest): Connection {
  const session = http2.connect(url.origin);
  const stream = session.request({ ...headers, ":method": "POST", ":path": url.pathname });
  const { promise: answered, resolve, reject } = Promise.withResolvers<
    { status: number; incoming: Duplex }
  >();
  stream.once("response", (answer) => {
    resolve({ status: Number(answer[":status"]), incoming: stream });
  });
  stream.on("error", reject);
  // A stream that is cut before it was answered closes without an error.
  stream.on("close", () => reject(new Error("the connection was closed")));
  session.on("error", reject);
  const cut = () => {
    stream.destroy();
    session.destroy();
  };
  return { outgoing: stream, answered, cut };
}

/** Sends the body to its end, waiting where the connection is slow. Never rejects. */
async function send(
  body: ReadableStream<Uint8Array>,
  outgoing: Writable,
  cut: () => void,
): Promise<void> {
  try {
    for await (const chunk of body) if (!outgoing.write(chunk)) await once(outgoing, "drain");
    outgoing.end();
  } catch {
    cut(); // whoever reads the response is told why
  }
}

async function* chunksOf(
  incoming: Readable,
  signal: AbortSignal,
  cut: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    cut();
  }
}
