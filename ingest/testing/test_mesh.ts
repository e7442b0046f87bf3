import { loadConfig } from "../config.ts";
import { type MeshPlace, meshPlaces } from "../mesh/peers.ts";
import { IngestServer } from "../server.ts";
import { PLENTY, TestIngest } from "./test_ingest.ts";

/** Several workers of one ingest on this thread, each with a port of its own to be asked by. */
export class TestMesh implements AsyncDisposable {
  readonly #workers: readonly TestIngest[];

  private constructor(workers: readonly TestIngest[]) {
    this.#workers = workers;
  }

  static async start(count: number, env: Record<string, string> = {}): Promise<TestMesh> {
    const starting = meshPlaces(count).map((place) => startWorker(place, env));
    return new TestMesh(await Promise.all(starting));
  }

  /** @throws {RangeError} when there is no such worker */
  worker(index: number): TestIngest {
    const worker = this.#workers[index];
    if (worker === undefined) throw new RangeError(`there is no worker ${index}`);
    return worker;
  }

  get workers(): readonly TestIngest[] {
    return this.#workers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker[Symbol.asyncDispose]()));
  }
}

async function startWorker(place: MeshPlace, env: Record<string, string>): Promise<TestIngest> {
  const server = new IngestServer(
    loadConfig({ ...PLENTY, ...env, INGEST_PORT: "0" }),
    "/nonexistent",
    place,
  );
  await server.listen();
  return new TestIngest(server);
}
