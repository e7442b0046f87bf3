/**
 * The publisher of `bench:load`, in a process of its own: `load_publisher.ts ORDER`, a
 * {@link PublisherOrder} as JSON. Sends synthetic frames at an even pace by the producer's uplink.
 * Prints `publishing` once ingest has acknowledged one. On SIGTERM, or when the time is up, it
 * prints `published REPORT` and ends; when the publish is cut, it ends with an error.
 *
 * @module
 */
import { epochNowMs } from "@porthole/protocol";
import { createRedact, listenForShutdown, sleep, startLogging } from "@porthole/protocol/service";
import { Uplink } from "../../producer/uplink.ts";
import { SyntheticFrames } from "./load_frame.ts";
import { print } from "./statistics.ts";

export interface PublisherOrder {
  readonly ingestUrl: string;
  readonly streamId: string;
  readonly fps: number;
  readonly frameBytes: number;
  readonly maxSeconds: number;
}

export interface PublisherReport {
  readonly frames: number;
  /** Frames that the uplink gave up, because ingest was behind. */
  readonly discarded: number;
}

const order: PublisherOrder = JSON.parse(Deno.args[0] ?? "");
// The uplink says there why ingest cut it.
await using _logging = await startLogging({ level: "warning", redact: createRedact() });
using shutdown = listenForShutdown();
const cut = Promise.withResolvers<never>();
const uplinkEnd = new AbortController();
let isPublishing = false;

const uplink = new Uplink({
  config: {
    ingestUrl: new URL(order.ingestUrl),
    streamId: order.streamId,
    httpVersion: "1.1",
    token: "",
  },
  maxWaitingJpegs: 1,
  software: "bench",
  offers: [],
  // With nothing on offer, this is called at the end of the connection and at no other time.
  onDemand: () => {
    if (!uplinkEnd.signal.aborted) cut.reject(new Error("the publish was cut"));
  },
  onDelivered: () => {
    if (!isPublishing) print("publishing");
    isPublishing = true;
  },
});

const running = uplink.run(uplinkEnd.signal);
const report = await Promise.race([offerFrames(), cut.promise]);
uplinkEnd.abort();
await running;
print(`published ${JSON.stringify(report)}`);
Deno.exit(0);

async function offerFrames(): Promise<PublisherReport> {
  const frames = new SyntheticFrames(order);
  const startMs = performance.now();
  let index = 0;
  for (; index < order.fps * order.maxSeconds && !shutdown.signal.aborted; index++) {
    await sleep(startMs + index * 1000 / order.fps - performance.now(), shutdown.signal);
    uplink.offer(frames.next(index, epochNowMs()));
  }
  return { frames: index, discarded: uplink.discarded };
}
