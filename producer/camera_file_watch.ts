import { errorChain, logFor } from "@porthole/protocol/service";
import type { CameraFileContent, CameraFileStore } from "./camera_file_store.ts";

export interface CameraFileWatchOptions {
  readonly store: CameraFileStore;
  /** What it says as the watch begins. */
  readonly current: CameraFileContent;
  /** It says something else; or the files that it names do. */
  readonly onChange: (content: CameraFileContent) => void;
  /** 250 by default. */
  readonly lookEveryMs?: number;
}

const LOOK_EVERY_MS = 250;
/** The files that cameras name change seldom: every so many looks. */
const LOOKS_A_ROUND = 12;

const log = logFor("producer", "cameras");

/**
 * Looks whether the file of cameras was edited, by content: editors put another file in its place,
 * a ConfigMap turns a link, and over networks and into containers the system tells of no change. A
 * file that is broken is not used, and said once.
 */
export class CameraFileWatch implements Disposable {
  readonly #options: CameraFileWatchOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #usedText: string;
  /** What was seen at the look before, perhaps half written. */
  #seenText: string;
  #saidProblem = "";
  #looks = 0;
  #looking: Promise<void> | undefined;

  constructor(options: CameraFileWatchOptions) {
    this.#options = options;
    this.#usedText = this.#seenText = options.current.text;
    this.#timer = setInterval(() => void this.#look(false), options.lookEveryMs ?? LOOK_EVERY_MS);
  }

  /** Looks at once, at everything; for SIGHUP. Never rejects. */
  async reload(): Promise<void> {
    await this.#looking;
    await this.#look(true);
  }

  /** What was written by this process: no edit to be seen. */
  wrote({ text }: CameraFileContent): void {
    this.#usedText = this.#seenText = text;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(isAskedFor: boolean): Promise<void> {
    return this.#looking ??= this.#lookAtAll(isAskedFor).finally(() => this.#looking = undefined);
  }

  async #lookAtAll(isAskedFor: boolean): Promise<void> {
    const { store, onChange } = this.#options;
    const isRound = ++this.#looks % LOOKS_A_ROUND === 0;
    try {
      const text = await store.readText();
      const isWhole = isAskedFor || text === this.#seenText;
      this.#seenText = text;
      const isNew = text !== this.#usedText;
      if (!isWhole || !(isNew || isRound || isAskedFor)) return;
      const content = store.parse(text);
      this.#usedText = text;
      this.#saidProblem = "";
      onChange(content);
    } catch (error) {
      this.#say(errorChain(error));
    }
  }

  #say(problem: string): void {
    if (problem === this.#saidProblem) return;
    this.#saidProblem = problem;
    log.error("the cameras stay as they are: the file of cameras cannot be used", {
      cause: problem,
    });
  }
}
