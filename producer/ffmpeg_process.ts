import { errorChain, logFor, MisuseError } from "@porthole/protocol/service";
import { OutputPipe } from "./output_pipe.ts";
import { TextLineStream } from "./text_lines.ts";

/** How an FFmpeg ended. */
export interface FfmpegEnd {
  readonly code: number;
  /** What killed it; `null` when it ended of its own accord, if only because it was asked to. */
  readonly signal: Deno.Signal | null;
  /** The last lines of its standard error, credentials and all: redact before showing. */
  readonly stderrTail: readonly string[];
}

/** FFmpeg is not on this machine. */
export class FfmpegMissingError extends MisuseError {
  override readonly name = "FfmpegMissingError";
}

/** FFmpeg is there and cannot be started now: no memory, no descriptors, not executable. */
export class FfmpegStartError extends Error {
  override readonly name = "FfmpegStartError";
}

/**
 * What FFmpeg has for standard input: nothing, whatever is written to {@link FfmpegProcess.stdin}, or
 * a text and then its end. A text may hold secrets: unlike an argument nobody else can read it.
 */
export type FfmpegInput = "null" | "piped" | { readonly text: string };

const log = logFor("producer", "ffmpeg");

const STDERR_LINES_KEPT = 20;
const KILL_AFTER_MS = 700;
/** An `ffmpeg` that is a script may leave a child behind that holds the pipes open. */
const PIPES_OPEN_AFTER_END_MS = 500;

/**
 * A running FFmpeg. Its standard error is drained from the start and kept as a bounded tail; it is
 * asked to stop by SIGTERM and killed if that takes too long. Dispose waits until it is gone.
 *
 * Should the producer itself be killed, the pipes it held break and FFmpeg ends at its next write,
 * or when its input ends; README.md, "When the producer is killed", says how soon that is.
 */
export class FfmpegProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: OutputPipe;
  readonly #stderr: OutputPipe;
  readonly #stderrTail: string[] = [];
  readonly #onLine: (line: string) => void;
  readonly #stderrDrained: Promise<void>;
  readonly #told: Promise<void>;
  readonly ended: Promise<FfmpegEnd>;
  #killTimer: ReturnType<typeof setTimeout> | undefined;
  #abandonTimer: ReturnType<typeof setTimeout> | undefined;
  #isGone = false;

  /**
   * @param onLine gets each line of its standard error, credentials and all
   * @throws {FfmpegMissingError} with the cure in its message
   * @throws {FfmpegStartError}
   */
  static spawn(
    args: readonly string[],
    stdin: FfmpegInput = "null",
    onLine: (line: string) => void = () => {},
  ): FfmpegProcess {
    const command = new Deno.Command("ffmpeg", {
      args: [...args],
      stdin: stdin === "null" ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    });
    try {
      const text = typeof stdin === "string" ? undefined : stdin.text;
      return new FfmpegProcess(command.spawn(), text, onLine);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) throw ffmpegMissing(cause);
      if (cause instanceof Deno.errors.NotCapable) throw cause;
      throw new FfmpegStartError("FFmpeg cannot be started", { cause });
    }
  }

  private constructor(
    child: Deno.ChildProcess,
    text: string | undefined,
    onLine: (line: string) => void,
  ) {
    this.#child = child;
    this.#onLine = onLine;
    this.#told = text === undefined ? Promise.resolve() : tell(child.stdin, text);
    this.#stdout = new OutputPipe(child.stdout);
    this.#stderr = new OutputPipe(child.stderr);
    this.#stderrDrained = this.#drainStderr();
    this.ended = this.#awaitEnd();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stdout(): ReadableStream<Uint8Array> {
    return this.#stdout.stream;
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
    await this.#told;
    clearTimeout(this.#abandonTimer);
    this.#abandonPipes();
  }

  #abandonPipes(): void {
    this.#stdout.abandon();
    this.#stderr.abandon();
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
    const { code, signal } = await this.#child.status;
    this.#isGone = true;
    clearTimeout(this.#killTimer);
    this.#abandonTimer = setTimeout(() => this.#abandonPipes(), PIPES_OPEN_AFTER_END_MS);
    await this.#stderrDrained;
    return { code, signal, stderrTail: this.#stderrTail };
  }

  async #drainStderr(): Promise<void> {
    const lines = this.#stderr.stream.pipeThrough(new TextLineStream());
    for await (const line of lines) {
      this.#onLine(line);
      this.#stderrTail.push(line);
      if (this.#stderrTail.length > STDERR_LINES_KEPT) this.#stderrTail.shift();
    }
  }
}

async function tell(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // It ended before it had read it; why is for its exit code and its last words to say.
    log.debug("FFmpeg does not read what it is told", { cause: errorChain(error) });
  }
}

const OLDEST_VERSION = "5.1";

/**
 * @param signal ends an FFmpeg that does not say it; the version is `unknown` then
 * @throws {FfmpegMissingError} when there is no FFmpeg
 * @throws {FfmpegStartError} when it cannot be started
 * @throws {MisuseError} when it is too old to know the options it is given
 */
export async function ffmpegVersion(signal: AbortSignal): Promise<string> {
  await using ffmpeg = FfmpegProcess.spawn(["-version"]);
  const stop = () => ffmpeg.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let words = "";
  for await (const line of ffmpeg.stdout.pipeThrough(new TextLineStream())) words += `${line}\n`;
  signal.removeEventListener("abort", stop);
  const version = /version (\S+)/.exec(words)?.[1] ?? "unknown";
  if (isOlder(version)) {
    throw new MisuseError(`FFmpeg ${version} is too old: ${OLDEST_VERSION} or newer is needed`);
  }
  return version;
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
