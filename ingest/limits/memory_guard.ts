import { epochNowMs } from "@porthole/protocol";
import { logFor } from "@porthole/protocol/service";
import process from "node:process";
import { type MemoryLevel, MemoryPressure } from "./memory_pressure.ts";

export interface MemoryGuardOptions {
  readonly limitBytes: number;
  /** What the process holds now. */
  readonly usedBytes?: () => number;
}

const LOOK_EVERY_MS = 500;
/** A thousand viewers may come between two ticks. */
const LOOK_AGAIN_AFTER_MS = 50;
const MIB = 1024 * 1024;

const log = logFor("ingest", "memory");

/**
 * Keeps ingest from being killed for want of memory, with all of its viewers: it lets in no more of
 * them while there is little left.
 */
export class MemoryGuard implements Disposable {
  readonly limitBytes: number;
  readonly #usedBytes: () => number;
  readonly #pressure: MemoryPressure;
  readonly #timer = setInterval(() => this.#look(epochNowMs()), LOOK_EVERY_MS);
  #lookedMs = -Infinity;
  #level: MemoryLevel = "enough";

  constructor({ limitBytes, usedBytes = residentBytes }: MemoryGuardOptions) {
    this.limitBytes = limitBytes;
    this.#usedBytes = usedBytes;
    this.#pressure = new MemoryPressure(limitBytes);
  }

  /** Whether new viewers are refused. */
  get isOver(): boolean {
    return this.#now() !== "enough";
  }

  /** Why no new viewer may come now, or `undefined`. */
  viewerRefusal(): string | undefined {
    return this.#now() === "enough" ? undefined : this.#words();
  }

  /** Why no new stream may be published now, or `undefined`. Those that are known go on. */
  publishRefusal(): string | undefined {
    return this.#now() === "scarce" ? this.#words() : undefined;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #now(): MemoryLevel {
    const nowMs = epochNowMs();
    if (nowMs - this.#lookedMs >= LOOK_AGAIN_AFTER_MS) this.#look(nowMs);
    return this.#level;
  }

  #look(nowMs: number): void {
    this.#lookedMs = nowMs;
    const usedBytes = this.#usedBytes();
    const before = this.#level;
    this.#level = this.#pressure.look(usedBytes);
    if (this.#level === before) return;
    const fields = { usedMb: inMb(usedBytes), limitMb: inMb(this.limitBytes) };
    switch (this.#level) {
      case "enough":
        return log.info("there is enough memory again", fields);
      case "short":
        return log.warn("memory is short: new viewers are refused", fields);
      case "scarce":
        return log.warn("memory is scarce: new viewers and new streams are refused", fields);
    }
  }

  #words(): string {
    return `ingest holds ${inMb(this.#usedBytes())} of the ${inMb(this.limitBytes)} MiB that it ` +
      "may; try another server, or later; or raise MAX_MEMORY_MB";
  }
}

/** What may be held at most: as much as is wanted, or less, where a container allows less. */
export function memoryLimitBytes(wantedBytes: number): number {
  const allowedBytes = allowedByContainer();
  return allowedBytes > 0 ? Math.min(wantedBytes, allowedBytes) : wantedBytes;
}

/** 0 where nothing says so. */
function allowedByContainer(): number {
  try {
    return process.constrainedMemory();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotCapable)) throw cause;
    log.warn("what memory the container allows is not known", { cause });
    return 0;
  }
}

function residentBytes(): number {
  return Deno.memoryUsage().rss;
}

function inMb(bytes: number): number {
  return Math.round(bytes / MIB);
}
