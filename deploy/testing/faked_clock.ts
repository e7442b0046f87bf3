import { MisuseError } from "@porthole/protocol/service";

/**
 * A wall clock of a process's own, which can be set while it runs: by libfaketime, in front of the
 * C library. What never jumps on a real machine (CLOCK_MONOTONIC) does not here either.
 */
export class FakedClock implements AsyncDisposable {
  readonly #path: string;
  readonly #library: string;

  private constructor(path: string, library: string) {
    this.#path = path;
    this.#library = library;
  }

  /**
   * @param offsetS how far it is from the machine's
   * @throws {MisuseError} when there is no libfaketime
   */
  static async create(offsetS = 0): Promise<FakedClock> {
    const library = await findLibrary();
    const path = await Deno.makeTempFile({ prefix: "porthole-clock-" });
    const clock = new FakedClock(path, library);
    await clock.set(offsetS);
    return clock;
  }

  /** What a process has in its environment to go by this clock, and all that it starts. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** It jumps there at once. @param offsetS how far it is from the machine's from now on */
  async set(offsetS: number): Promise<void> {
    // In one go: it is read at each look at the clock.
    const next = `${this.#path}.next`;
    await Deno.writeTextFile(next, `${offsetS < 0 ? "" : "+"}${offsetS}s`);
    await Deno.rename(next, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path);
  }
}

/** The one for threads; the tool knows where it is. */
async function findLibrary(): Promise<string> {
  const args = ["-m", "-f", "+0s", "printenv", "LD_PRELOAD"];
  try {
    const { stdout } = await new Deno.Command("faketime", { args, stdin: "null" }).output();
    return new TextDecoder().decode(stdout).trim();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new MisuseError('there is no "faketime": install it (apt install faketime)', { cause });
  }
}
