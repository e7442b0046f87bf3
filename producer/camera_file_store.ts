import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { open, readFile, rename, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import process from "node:process";
import type { CameraFields } from "./camera_fields.ts";
import {
  type AddressSources,
  MAX_FILE_CHARS,
  parseCameraFile,
  type WrittenCamera,
} from "./camera_file.ts";
import { withCamera, withoutCamera } from "./camera_file_edit.ts";

/** What a file of cameras says now. */
export interface CameraFileContent {
  readonly text: string;
  readonly cameras: readonly WrittenCamera[];
}

/** The file of cameras cannot be written. */
export class CameraFileWriteError extends Error {
  override readonly name = "CameraFileWriteError";
}

/** The new text waits here until it is whole; beside the file, so that it can take its place. */
export function newFileOf(path: string): string {
  return `${path}.new`;
}

/** The file of cameras on disk. Files that it names are found from its own folder. */
export class CameraFileStore {
  readonly #sources: AddressSources;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(readonly path: string) {
    this.#sources = addressSources(dirname(path));
  }

  /** @throws {Error} when it cannot be read */
  readText(): Promise<string> {
    return readFile(this.path, "utf8");
  }

  /** @throws {CameraFileError} */
  parse(text: string): CameraFileContent {
    return { text, cameras: parseCameraFile(text, this.path, this.#sources) };
  }

  /**
   * Writes one camera into the file, in place of what it was.
   *
   * @throws {CameraFileError} when the file is broken already, or would be
   * @throws {CameraFileWriteError}
   */
  put(id: string, fields: CameraFields): Promise<CameraFileContent> {
    return this.#edit((text) => withCamera(text, id, fields));
  }

  /** @throws as `put` does */
  remove(id: string): Promise<CameraFileContent> {
    return this.#edit((text) => withoutCamera(text, id));
  }

  /** One at a time: each begins with what the one before has left. */
  #edit(edit: (text: string) => string): Promise<CameraFileContent> {
    const edited = this.#writing.then(async () => {
      const { text } = this.parse(await this.readText());
      const content = this.parse(edit(text));
      await this.#write(content.text);
      return content;
    });
    this.#writing = edited.catch(() => {});
    return edited;
  }

  /** Whole or not at all, whenever the machine goes down (rename(2)). */
  async #write(text: string): Promise<void> {
    const newPath = newFileOf(this.path);
    try {
      const { mode } = await stat(this.path);
      await using file = await open(newPath, "w", mode);
      await file.writeFile(text);
      await file.sync();
      await rename(newPath, this.path);
    } catch (cause) {
      throw new CameraFileWriteError(
        `${this.path} cannot be written; the producer has to be allowed to write it and ${newPath}`,
        { cause },
      );
    }
  }
}

/**
 * The environment, and files named from a folder.
 *
 * @param folder of the file that names them
 */
export function addressSources(folder: string): AddressSources {
  return {
    env: (name) => process.env[name],
    file(path) {
      const text = readFileSync(pathIn(folder, path));
      return Buffer.from(text.subarray(0, MAX_FILE_CHARS)).toString("utf8");
    },
  };
}

/** A path as it is meant in a file of that folder. */
export function pathIn(folder: string, path: string): string {
  return folder === "." ? path : resolve(folder, path);
}
