const MAX_OUTPUT_CHARS = 256 * 1024;
const MAX_LINE_CHARS = 16 * 1024;
const READY_TIMEOUT_MS = 20_000;
const TERM_GRACE_MS = 3_000;
/** A grandchild may keep the pipes open after the child is gone; this long we read on. */
const DRAIN_AFTER_EXIT_MS = 1_000;

export interface ServiceProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** `start` resolves when the output matches; without it, as soon as the process runs. */
  readonly ready?: RegExp;
  /** 20 s by default. */
  readonly readyTimeoutMs?: number;
}

/**
 * A child process whose output is always drained and that ends with its owner: dispose of it to
 * send SIGTERM, and SIGKILL 3 s later.
 */
export class ServiceProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #output = new BoundedText(MAX_OUTPUT_CHARS);
  readonly #waiters = new Set<() => void>();
  /** Resolves, never rejects, once the process is gone and its output read. */
  readonly exited: Promise<Deno.CommandStatus>;
  #hasExited = false;

  private constructor(child: Deno.ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    this.exited = this.#run();
  }

  /**
   * @throws {Error} when the command cannot be run, or when it ends or the time is up before its
   * output matches `ready`; the message ends with what it printed, and nothing is left running
   */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(spawn(options), options.command);
    if (options.ready === undefined) return service;
    try {
      await service.waitFor(options.ready, options.readyTimeoutMs ?? READY_TIMEOUT_MS);
      return service;
    } catch (cause) {
      await service.stop();
      throw cause;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** What it wrote to stdout and stderr so far, whole lines, the last 256 Ki characters. */
  get output(): string {
    return this.#output.text;
  }

  /**
   * The first match of `pattern` in the output, past or to come.
   *
   * @throws {Error} when the process ends or the time is up before that
   */
  async waitFor(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray> {
    const deadline = Promise.withResolvers<"late">();
    const timer = setTimeout(() => deadline.resolve("late"), timeoutMs);
    try {
      while (true) {
        const hadExited = this.#hasExited;
        const match = pattern.exec(this.#output.text);
        if (match !== null) return match;
        if (hadExited) throw this.#failure(`ended before it printed ${pattern}`);
        const news = Promise.withResolvers<"news">();
        const onNews = () => news.resolve("news");
        this.#waiters.add(onNews);
        const event = await Promise.race([news.promise, deadline.promise]);
        this.#waiters.delete(onNews);
        if (event === "late") throw this.#failure(`did not print ${pattern} in ${timeoutMs} ms`);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends `signal`; a process that is gone already is left in peace. */
  signal(signal: Deno.Signal): void {
    if (this.#hasExited) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It may have ended between the check and the signal.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** SIGTERM, then SIGKILL; resolves when the process is gone. May be called twice. */
  async stop(graceMs: number = TERM_GRACE_MS): Promise<Deno.CommandStatus> {
    this.signal("SIGTERM");
    const kill = setTimeout(() => this.signal("SIGKILL"), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(kill);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<Deno.CommandStatus> {
    const abandoned = new AbortController();
    const drained = Promise.all([
      this.#collect(this.#child.stdout, abandoned.signal),
      this.#collect(this.#child.stderr, abandoned.signal),
    ]);
    const status = await this.#child.status;
    const abandon = setTimeout(() => abandoned.abort(), DRAIN_AFTER_EXIT_MS);
    await drained;
    clearTimeout(abandon);
    this.#hasExited = true;
    this.#announceNews();
    return status;
  }

  async #collect(stream: ReadableStream<Uint8Array>, abandoned: AbortSignal): Promise<void> {
    const reader = stream.getReader();
    const cancel = () => void reader.cancel();
    abandoned.addEventListener("abort", cancel, { once: true });
    const decoder = new TextDecoder();
    let unfinishedLine = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const text = unfinishedLine + decoder.decode(read.value, { stream: true });
      const end = text.length > MAX_LINE_CHARS ? text.length : text.lastIndexOf("\n") + 1;
      unfinishedLine = text.slice(end);
      if (end > 0) this.#append(text.slice(0, end));
    }
    abandoned.removeEventListener("abort", cancel);
    if (unfinishedLine !== "") this.#append(unfinishedLine + "\n");
  }

  #append(text: string): void {
    this.#output.append(text);
    this.#announceNews();
  }

  #announceNews(): void {
    for (const waiter of this.#waiters) waiter();
  }

  #failure(what: string): Error {
    return new Error(`${this.#name} ${what}; it printed:\n${this.output || "(nothing)"}`);
  }
}

/** Keeps the end of a text that grows for as long as the process runs. */
class BoundedText {
  readonly #maxChars: number;
  #text = "";

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  get text(): string {
    return this.#text;
  }

  append(more: string): void {
    this.#text = (this.#text + more).slice(-this.#maxChars);
  }
}

/** Tests look for words in lines; what JSON lines have is for `log_json_test.ts` to say. */
const PRETTY = { LOG_FORMAT: "pretty" };

function spawn({ command, args, env, cwd }: ServiceProcessOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { ...PRETTY, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    }).spawn();
  } catch (cause) {
    throw new Error(`cannot run ${command}`, { cause });
  }
}
