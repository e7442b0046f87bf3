/**
 * The far end of `bench:uplink`, in a process of its own: takes a live publish as ingest does and
 * says how long each frame was on its way. Prints its port, then, when the publish ends, the delays
 * as JSON.
 *
 * @module
 */
import {
  decodeMessage,
  epochNowMs,
  isFrame,
  LengthPrefixDecodeStream,
  LIVE_CONTENT_TYPE,
  MessageEncoder,
} from "@porthole/protocol";
import { print } from "./statistics.ts";

const CLOCK_INTERVAL_MS = 500;

const encoder = new MessageEncoder();

async function receive(
  body: ReadableStream<Uint8Array>,
  answers: ReadableStreamDefaultController<Uint8Array>,
): Promise<void> {
  const delaysMs: number[] = [];
  // As ingest does; it is by writing that Deno's server learns of a connection that is gone.
  const asking = setInterval(
    () => answers.enqueue(encoder.encodePrefixed({ type: "clock", t0: epochNowMs() })),
    CLOCK_INTERVAL_MS,
  );
  try {
    for await (const bytes of body.pipeThrough(new LengthPrefixDecodeStream())) {
      const message = decodeMessage(bytes);
      if (!isFrame(message) || message.pts === undefined) continue;
      delaysMs.push(epochNowMs() - message.pts / 1000);
      answers.enqueue(
        encoder.encodePrefixed({ type: "ack", rendition: "main", seq: message.seq }),
      );
    }
  } finally {
    clearInterval(asking);
    print(JSON.stringify(delaysMs));
  }
}

const certificate = Deno.args[0] === "tls"
  ? { cert: Deno.args[1] ?? "", key: Deno.args[2] ?? "" }
  : {};
const server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => print(`port ${port}`), ...certificate },
  ({ body }) => {
    if (body === null) return new Response(null, { status: 400 });
    const answers = new ReadableStream<Uint8Array>({
      start: (controller) => void receive(body, controller).catch(() => undefined),
    });
    return new Response(answers, { headers: { "content-type": LIVE_CONTENT_TYPE } });
  },
);
await server.finished;
