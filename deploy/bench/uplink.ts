/**
 * The producer's uplink against a receiver that only takes the time: how long a frame is on its way
 * from `offer` until it is whole at the other end, over HTTP/1.1 and HTTP/2.
 * `deno task bench:uplink [--seconds 15] [--bytes 100000] [--fps 30]`
 *
 * @module
 */
import { epochNowMs, type Frame, MessageEncoder } from "@porthole/protocol";
import { sleep } from "@porthole/protocol/service";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Uplink } from "../../producer/uplink.ts";
import { ServiceProcess } from "../testing/process.ts";
import { print, summary } from "./statistics.ts";

const RECEIVER = fileURLToPath(new URL("./uplink_receiver.ts", import.meta.url));
const PORT = /^port (\d+)$/m;
const DELAYS = /^\[.*\]$/m;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "15" },
    bytes: { type: "string", default: "100000" },
    fps: { type: "string", default: "30" },
  },
});
const fps = Number(values.fps);
const frames = Number(values.seconds) * fps;

print(
  `${values.bytes} bytes a frame at ${fps} fps, ${values.seconds} s each, loopback, in the clear`,
);
for (const httpVersion of ["1.1", "2"] as const) await measure(httpVersion);

async function measure(httpVersion: "1.1" | "2"): Promise<void> {
  await using receiver = await ServiceProcess.start({
    command: Deno.execPath(),
    args: ["run", "-A", RECEIVER],
    ready: PORT,
  });
  const stop = new AbortController();
  const port = PORT.exec(receiver.output)?.[1];
  const roundTripsMs: number[] = [];
  const uplink = new Uplink({
    config: {
      ingestUrl: new URL(`http://127.0.0.1:${port}`),
      streamId: "bench",
      httpVersion,
      token: "",
    },
    maxWaitingJpegs: 1,
    software: "bench",
    offers: [],
    onDemand: () => {},
    onDelivered: (delayMs) => roundTripsMs.push(delayMs),
  });
  const running = uplink.run(stop.signal);
  await offerFrames(uplink, stop.signal);
  stop.abort();
  await running;
  const delays = (await receiver.waitFor(DELAYS, 5_000))[0];
  const delaysMs: number[] = JSON.parse(delays);
  print(`HTTP/${httpVersion}`.padEnd(10) + `one way      ${summary(delaysMs)}`);
  print(`${"".padEnd(10)}with its ack ${summary(roundTripsMs)}`);
  print(`${"".padEnd(10)}${delaysMs.length} of ${frames} arrived, ${uplink.discarded} discarded`);
}

async function offerFrames(uplink: Uplink, signal: AbortSignal): Promise<void> {
  const encoder = new MessageEncoder();
  const data = new Uint8Array(Number(values.bytes));
  const startMs = performance.now();
  for (let seq = 0; seq < frames; seq++) {
    await sleep(startMs + seq * 1000 / fps - performance.now(), signal);
    const nowMs = epochNowMs();
    const frame: Frame = {
      timestamp: Math.round(nowMs),
      width: 1280,
      height: 720,
      codec: "avc1.42c01f",
      key: seq % fps === 0,
      seq,
      pts: Math.round(nowMs * 1000),
      rendition: "main",
      data,
    };
    uplink.offer({ frame, bytes: encoder.encodePrefixed(frame) });
  }
}
