import { type Backlog, epochNowMs, InFlight } from "@porthole/protocol";
import type { OutboundFrame } from "../outbound_frame.ts";
import type { MeshMessage, SharedFrame } from "./mesh_message.ts";

/** The other end of what one worker tells another. */
export interface PeerPort {
  /** The other worker's. */
  readonly index: number;
  readonly port: MessagePort;
}

/** Confirming says how late a worker is; more often would tell no more. */
const TAKEN_INTERVAL_MS = 20;

/** The way to one other worker. Messages arrive, and in order. */
export class PeerLink implements Disposable {
  readonly index: number;
  readonly #port: MessagePort;
  readonly #inFlight = new InFlight();
  #sentCount = 0;
  #takenCount = 0;
  #takenMs = -Infinity;
  #takenTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ index, port }: PeerPort) {
    this.index = index;
    this.#port = port;
  }

  /** Call once; what was told before waits until then. */
  listen(handle: (message: MeshMessage, link: PeerLink) => void): void {
    this.#port.addEventListener("message", ({ data }: MessageEvent<MeshMessage>) => {
      if (data.type === "taken") return void this.#inFlight.acknowledge(data.count);
      handle(data, this);
      if (data.type === "frame" || data.type === "post") this.#took(data);
    });
    this.#port.start();
  }

  /** Not for frames: what it tells is never discarded. */
  tell(message: MeshMessage): void {
    this.#port.postMessage(message);
  }

  /** The one copy of a frame that the other worker gets, for all of its viewers. */
  handOver(
    type: SharedFrame["type"],
    stream: string,
    { framed }: OutboundFrame,
    nowMs: number,
  ): void {
    const { buffer, byteOffset, byteLength } = framed;
    const copy = buffer.slice(byteOffset, byteOffset + byteLength);
    const message: SharedFrame = { type, stream, count: ++this.#sentCount, framed: copy };
    this.#inFlight.add(message.count, byteLength, nowMs);
    this.#port.postMessage(message, [copy]);
  }

  /** Frames handed over that the other worker has not fanned out yet. */
  backlog(nowMs: number): Backlog {
    return this.#inFlight.backlog(nowMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#takenTimer);
    this.#port.close();
  }

  #took({ count }: SharedFrame): void {
    this.#takenCount = count;
    // Looked at here too: timers may wait behind frames that come and come.
    if (epochNowMs() - this.#takenMs >= TAKEN_INTERVAL_MS) return this.#confirm();
    this.#takenTimer ??= setTimeout(() => this.#confirm(), TAKEN_INTERVAL_MS);
  }

  #confirm(): void {
    clearTimeout(this.#takenTimer);
    this.#takenTimer = undefined;
    this.#takenMs = epochNowMs();
    this.tell({ type: "taken", count: this.#takenCount });
  }
}
