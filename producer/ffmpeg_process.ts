import { MisuseError } from "@porthole/protocol/service";
import { TextLineStream } from "./text_lines.ts";

/** How an FFmpeg ended. */
export interface FfmpegEnd {
  readonly code: number;
  /** The last lines of its standard error, credentials and all: redact before showing. */
  readonly stderrTail: readonly string[];
}

/** FFmpeg is not on this machine. */
export class FfmpegMissingError extends MisuseError {
  override readonly name = "FfmpegMissingError";
}

const STDERR_LINES_KEPT = 20;
const KILL_AFTER_MS = 700;

/**
 * A running FFmpeg. Its standard error is drained from the start and kept as a bounded tail; it is
 * asked to stop by SIGTERM and killed if that takes too long. Dispose waits until it is gone.
 *
 * Should the producer itself be killed, the pipes it held break and FFmpeg ends at its next write.
 */
export class FfmpegProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stderrTail: string[] = [];
  readonly #stderrDrained: Promise<void>;
  readonly ended: Promise<FfmpegEnd>;
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #isGone = false;

  /** @throws {FfmpegMissingError} with the cure in its message */
  static spawn(args: readonly string[], stdin: "piped" | "null" = "null"): FfmpegProcess {
    const command = new Deno.Command("ffmpeg", {
      args: [...args],
      stdin,
      stdout: "piped",
      stderr: "piped",
    });
    try {
      return new FfmpegProcess(command.spawn());
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) throw ffmpegMissing(cause);
      throw cause;
    }
  }

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#stderrDrained = this.#drainStderr();
    this.ended = this.#awaitEnd();
  }

  get stdout(): ReadableStream<Uint8Array> {
    return this.#child.stdout;
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#child.stdin;
  }

  /** Asks it to end; may be called at any time, any number of times. */
  stop(): void {
    if (this.#isGone || this.#killTimer !== undefined) return;
    this.#kill("SIGTERM");
    this.#killTimer = setTimeout(() => this.#kill("SIGKILL"), KILL_AFTER_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.ended;
    if (!this.#child.stdout.locked) await this.#child.stdout.cancel();
  }

  #kill(signal: Deno.Signal): void {
    if (this.#isGone) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // Between its end and our knowing of it there is nobody left to signal.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #awaitEnd(): Promise<FfmpegEnd> {
    const { code } = await this.#child.status;
    this.#isGone = true;
    clearTimeout(this.#killTimer);
    await this.#stderrDrained;
    return { code, stderrTail: this.#stderrTail };
  }

  async #drainStderr(): Promise<void> {
    const lines = this.#child.stderr.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#stderrTail.push(line);
      if (this.#stderrTail.length > STDERR_LINES_KEPT) this.#stderrTail.shift();
    }
  }
}

const OLDEST_VERSION = "5.1";

/**
 * @throws {FfmpegMissingError} when there is no FFmpeg that runs
 * @throws {MisuseError} when it is too old to know the options it is given
 */
export async function ffmpegVersion(): Promise<string> {
  const command = new Deno.Command("ffmpeg", { args: ["-version"], stdout: "piped" });
  try {
    const { stdout } = await command.output();
    const version = /version (\S+)/.exec(new TextDecoder().decode(stdout))?.[1] ?? "unknown";
    if (isOlder(version)) {
      throw new MisuseError(`FFmpeg ${version} is too old: ${OLDEST_VERSION} or newer is needed`);
    }
    return version;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw ffmpegMissing(cause);
    throw cause;
  }
}

/** A version that is not a number, as of a build from its sources, is taken for new. */
export function isOlder(version: string, oldest = OLDEST_VERSION): boolean {
  const [major, minor] = /^n?(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number);
  if (major === undefined || minor === undefined) return false;
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function ffmpegMissing(cause: unknown): FfmpegMissingError {
  return new FfmpegMissingError(
    "FFmpeg is not installed or not on PATH. Get it with `apt install ffmpeg`, `dnf install " +
      "ffmpeg`, `apk add ffmpeg` or `brew install ffmpeg`, or let deploy/bootstrap.sh do it.",
    { cause },
  );
}
