import { commandLineOf, type ProcessEntry, processes } from "./process_table.ts";

const LOOK_EVERY_MS = 20;

/**
 * What everyone who has an account on the machine can read of the processes that this one has
 * started, and they in turn: the command lines of all that are seen while this is not disposed of.
 */
export class ArgumentWatch implements AsyncDisposable {
  readonly #seen = new Set<string>();
  readonly #watching: Promise<void>;
  #isOver = false;

  constructor() {
    this.#watching = this.#watch();
  }

  /** One process a line, each as often as its arguments were others. */
  get text(): string {
    return [...this.#seen].join("\n");
  }

  async #watch(): Promise<void> {
    while (!this.#isOver) {
      const started = descendantsOf(Deno.pid, await processes());
      const running = await Promise.all(started.map(({ pid }) => commandLineOf(pid)));
      for (const line of running) this.#seen.add(line.replaceAll("\0", " "));
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#watching;
  }
}

function descendantsOf(pid: number, all: readonly ProcessEntry[]): ProcessEntry[] {
  const children = all.filter(({ parentPid }) => parentPid === pid);
  return [...children, ...children.flatMap((child) => descendantsOf(child.pid, all))];
}
