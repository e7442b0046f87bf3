import { logFor } from "@porthole/protocol/service";
import type { CameraFleet } from "./camera_fleet.ts";
import type { CameraFields } from "./camera_fields.ts";
import type { CameraFileContent, CameraFileStore } from "./camera_file_store.ts";
import { CameraFileWatch } from "./camera_file_watch.ts";
import { type CameraDefaults, configOf, type ProducerConfig } from "./config.ts";

export interface CameraDeskOptions {
  readonly store: CameraFileStore;
  readonly fleet: CameraFleet;
  readonly defaults: CameraDefaults;
  /** Before any camera runs with them: these secrets are not to be shown from now on. */
  readonly onSecrets: (secrets: readonly string[]) => void;
}

const log = logFor("producer", "cameras");

/** Keeps the cameras that run the same as those in the file, whoever changes it. */
export class CameraDesk implements Disposable {
  readonly #options: CameraDeskOptions;
  readonly #watch: CameraFileWatch;
  #content: CameraFileContent;
  #secrets: readonly string[] = [];

  /** @throws {CameraFileError} or the reason why the file cannot be read */
  static async open(options: CameraDeskOptions): Promise<CameraDesk> {
    const { store } = options;
    return new CameraDesk(options, store.parse(await store.readText()));
  }

  private constructor(options: CameraDeskOptions, content: CameraFileContent) {
    this.#options = options;
    this.#content = content;
    this.#apply(content);
    this.#watch = new CameraFileWatch({
      store: options.store,
      current: content,
      onChange: (changed) => this.#apply(changed),
    });
  }

  /** Looks at the file at once. */
  reload(): Promise<void> {
    return this.#watch.reload();
  }

  /**
   * Writes a camera down and runs it. @returns whether it is a new one
   *
   * @throws {CameraFileError | CameraFileWriteError} and nothing has changed
   */
  async put(id: string, fields: CameraFields): Promise<boolean> {
    const isNew = this.#options.fleet.get(id) === undefined;
    this.#written(await this.#options.store.put(id, fields));
    return isNew;
  }

  /** Takes a camera out of the file and ends it. @throws as `put` does */
  async remove(id: string): Promise<void> {
    this.#written(await this.#options.store.remove(id));
  }

  /** What the file says of a camera's address: where it is, and where that is written. */
  fieldsOf(id: string): CameraFields | undefined {
    return this.#content.cameras.find((camera) => camera.id === id)?.fields;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
  }

  #written(content: CameraFileContent): void {
    this.#watch.wrote(content);
    this.#apply(content);
  }

  #apply(content: CameraFileContent): void {
    const { fleet, defaults, onSecrets } = this.#options;
    const configs = content.cameras.map((camera) => configOf(camera, defaults));
    const secrets = configs.flatMap((config: ProducerConfig) => config.secrets);
    // An FFmpeg that is ending may still say the password before.
    onSecrets([...secrets, ...this.#secrets]);
    this.#secrets = secrets;
    this.#content = content;
    const { added, changed, removed } = fleet.apply(configs);
    if (added.length + changed.length + removed.length === 0) return;
    log.info("cameras changed", {
      cameras: configs.length,
      added: added.join() || undefined,
      changed: changed.join() || undefined,
      removed: removed.join() || undefined,
    });
  }
}
