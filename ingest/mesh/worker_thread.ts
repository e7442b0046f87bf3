import { MisuseError } from "@porthole/protocol/service";
import type { WorkerAnswer, WorkerOrder, WorkerStart } from "./worker_message.ts";

/** One thread, from the side of who started it. */
export class WorkerThread implements Disposable {
  readonly #worker: Worker;
  readonly #control: MessagePort;
  readonly #died = Promise.withResolvers<Error>();
  #answer = Promise.withResolvers<WorkerAnswer>();

  constructor(url: URL, start: Omit<WorkerStart, "control">) {
    const { index, peers } = start.place;
    const { port1, port2 } = new MessageChannel();
    this.#control = port1;
    port1.addEventListener("message", ({ data }: MessageEvent<WorkerAnswer>) => {
      this.#answer.resolve(data);
    });
    port1.start();
    this.#worker = new Worker(url, { type: "module", name: `ingest-${index}` });
    this.#worker.addEventListener("error", (event) => {
      // Or the process would end before it has said goodbye to anyone.
      event.preventDefault();
      this.#died.resolve(new Error(`worker ${index} died: ${event.message}`));
    });
    const message: WorkerStart = { ...start, control: port2 };
    this.#worker.postMessage(message, [port2, ...peers.map(({ port }) => port)]);
  }

  /** Resolves, with why, when it has ended unasked. */
  get died(): Promise<Error> {
    return this.#died.promise;
  }

  /** Resolves when it hears the others. @throws {Error} when it died */
  async ready(): Promise<void> {
    await this.#nextAnswer();
  }

  /** The URL it serves. @throws {MisuseError} when the address cannot be had */
  async listen(port: number): Promise<string> {
    const answer = await this.#ask({ type: "listen", port });
    if (answer.type === "listens") return answer.url;
    const reason = answer.type === "refused" ? answer.reason : `it answered "${answer.type}"`;
    if (answer.type === "refused" && answer.isMisuse) throw new MisuseError(reason);
    throw new Error(`a worker cannot listen: ${reason}`);
  }

  /** From when it resolves on, it says that who is new is better off elsewhere. @throws as `stop` */
  async drain(): Promise<void> {
    await this.#ask({ type: "drain" });
  }

  /** Resolves when it has told everyone goodbye. @throws {Error} when it died */
  async stop(): Promise<void> {
    await this.#ask({ type: "stop" });
  }

  /** Ends it at once, whatever it is in the middle of. Twice is fine. */
  [Symbol.dispose](): void {
    this.#worker.terminate();
    this.#control.close();
  }

  #ask(order: WorkerOrder): Promise<WorkerAnswer> {
    this.#answer = Promise.withResolvers();
    this.#control.postMessage(order);
    return this.#nextAnswer();
  }

  async #nextAnswer(): Promise<WorkerAnswer> {
    const answer = await Promise.race([this.#answer.promise, this.#died.promise]);
    if (answer instanceof Error) throw answer;
    return answer;
  }
}
