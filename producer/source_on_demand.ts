import type { CameraStatus } from "@porthole/protocol";
import { type Log, sleep } from "@porthole/protocol/service";
import { Wakeup } from "./wakeup.ts";

export interface SourceOnDemandOptions {
  /** Keeps the camera open until the signal is aborted, and resolves when it is closed. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly onStatus: (status: CameraStatus) => void;
  readonly log: Log;
  /** 20 s by default. */
  readonly lingerMs?: number;
}

/**
 * With the ten seconds that ingest goes on wanting what nobody watches any more (SPEC.md, 6.4), the
 * camera is closed half a minute after its last viewer.
 */
const LINGER_MS = 20_000;

const ASLEEP: CameraStatus = {
  type: "status",
  state: "connecting",
  cause: "the camera sleeps until somebody watches",
  standby: true,
};
const WAKING: CameraStatus = {
  type: "status",
  state: "connecting",
  cause: "waking the camera",
  standby: true,
};

/** A camera that is open while somebody wants anything of it, and for a while after that. */
export class SourceOnDemand {
  readonly #options: SourceOnDemandOptions;
  readonly #wakeup = new Wakeup();
  #isWanted = false;
  #closing: AbortController | undefined;

  constructor(options: SourceOnDemandOptions) {
    this.#options = options;
    options.onStatus(ASLEEP);
  }

  /** Whether anything of the camera is wanted now. */
  want(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    if (isWanted) this.#closing?.abort();
    this.#wakeup.wake();
  }

  /** How the camera says it is, as it is to be told: one that is being opened is being woken. */
  status(status: CameraStatus): void {
    this.#options.onStatus(status.state === "connecting" ? WAKING : status);
  }

  /** Opens and closes the camera until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = () => this.#wakeup.wake();
    signal.addEventListener("abort", wake, { once: true });
    while (!signal.aborted) {
      if (this.#isWanted) await this.#whileWanted(signal);
      else await this.#wakeup.wait();
    }
    signal.removeEventListener("abort", wake);
  }

  async #whileWanted(signal: AbortSignal): Promise<void> {
    const { run, onStatus, log } = this.#options;
    const close = new AbortController();
    log.info("somebody watches: the camera is woken");
    onStatus(WAKING);
    const running = run(AbortSignal.any([signal, close.signal]));
    try {
      await this.#untilUnwanted(signal);
    } finally {
      close.abort();
      await running;
    }
    if (signal.aborted) return;
    log.info("nobody watches any more: the camera sleeps");
    onStatus(ASLEEP);
  }

  async #untilUnwanted(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeup.wait();
      if (this.#isWanted || signal.aborted) continue;
      const closing = this.#closing = new AbortController();
      await sleep(
        this.#options.lingerMs ?? LINGER_MS,
        AbortSignal.any([signal, closing.signal]),
      );
      this.#closing = undefined;
      if (!this.#isWanted) return;
    }
  }
}
