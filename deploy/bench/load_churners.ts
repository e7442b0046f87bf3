/**
 * Viewers that come and go, in a process of their own: `load_churners.ts ORDER`, a
 * {@link ChurnOrder} as JSON. Prints `churned REPORT` when all have been.
 *
 * @module
 */
import { connect } from "node:net";
import { RawViewer } from "./raw_viewer.ts";
import { print } from "./statistics.ts";

export interface ChurnOrder {
  readonly url: string;
  readonly connects: number;
  readonly concurrency: number;
}

export interface ChurnReport {
  readonly connects: number;
  readonly seconds: number;
  /** Visits that did not go as they should, and what was the matter with the first of them. */
  readonly errors: number;
  readonly firstError: string;
}

const READ_BYTES = 64 * 1024;
const FRAMES = 3;
const WITHIN_MS = 20_000;

const order: ChurnOrder = JSON.parse(Deno.args[0] ?? "");
const url = new URL(order.url);
const readBuffer = new Uint8Array(READ_BYTES);

/** How a viewer can go. Each resolves when its socket is gone. */
const VISITS: readonly (() => Promise<void>)[] = [
  leaveAtOnce,
  () => watch(1, (viewer) => viewer.leave()),
  () => watch(1, (viewer) => viewer.reset()),
  () => watch(FRAMES, (viewer) => viewer[Symbol.dispose]()),
];

let begun = 0;
let errors = 0;
let firstError = "";
const startMs = performance.now();
await Promise.all(Array.from({ length: order.concurrency }, async () => {
  while (begun < order.connects) await visit(VISITS[begun++ % VISITS.length] ?? leaveAtOnce);
}));
const report: ChurnReport = {
  connects: begun,
  seconds: (performance.now() - startMs) / 1000,
  errors,
  firstError,
};
print(`churned ${JSON.stringify(report)}`);
Deno.exit(0);

async function visit(how: () => Promise<void>): Promise<void> {
  try {
    await how();
  } catch (error) {
    errors++;
    if (firstError === "") firstError = error instanceof Error ? error.message : String(error);
  }
}

/** Right after TCP's own handshake. */
function leaveAtOnce(): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    socket.on("connect", () => socket.destroy());
    socket.on("error", reject);
    socket.on("close", () => resolve());
  });
}

/** Says hello, takes so many frames, and goes. */
async function watch(frames: number, go: (viewer: RawViewer) => void): Promise<void> {
  const watched = Promise.withResolvers<void>();
  let left = frames;
  using viewer = await RawViewer.open({
    url,
    speaksControl: true,
    readBuffer,
    onFrame: () => {
      left--;
      if (left === 0) watched.resolve();
    },
  });
  viewer.sayHello();
  await soon("a frame", Promise.race([watched.promise, viewer.closed]));
  if (left > 0) throw new Error(`no frame, but: ${viewer.end}`);
  go(viewer);
  await soon("the end of its connection", viewer.closed);
}

/** @throws {Error} when it is not */
async function soon(what: string, event: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited in vain: ${what}`)), WITHIN_MS);
  try {
    await Promise.race([event, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
