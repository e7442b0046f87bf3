import { type Env, errorChain, MisuseError } from "@porthole/protocol/service";
import { existsSync } from "node:fs";
import { CameraFileStore } from "./camera_file_store.ts";
import { cameraFileOf, configOf, loadCameraDefaults, type ProducerConfig } from "./config.ts";

/**
 * What a file of cameras says, in words, a line a camera.
 *
 * @param path the file that the settings name by default
 * @throws {MisuseError} naming all that is wrong with it, or with the settings
 */
export async function checkCameraFile(env: Env, path = cameraFileOf(env).path): Promise<string> {
  const defaults = loadCameraDefaults(env);
  const store = new CameraFileStore(path);
  const { cameras } = store.parse(await textOf(store));
  const lines = cameras.map((camera) => `  ${lineOf(configOf(camera, defaults))}`);
  const count = cameras.length === 1 ? "1 camera" : `${cameras.length} cameras`;
  return [`${path} is in order: ${count}`, ...lines].join("\n");
}

async function textOf(store: CameraFileStore): Promise<string> {
  try {
    return await store.readText();
  } catch (cause) {
    const { path } = store;
    if (cause instanceof Deno.errors.NotCapable) {
      const how = `CONFIG=${path} deno task producer -- check`;
      throw new MisuseError(`${path} may not be read; tell it to the task itself: ${how}`, {
        cause,
      });
    }
    if (!existsSync(path)) throw new MisuseError(`${path}: there is no such file`);
    throw new MisuseError(`${path} cannot be read: ${errorChain(cause)}`);
  }
}

/** Its host alone: what follows it in a camera's URL is often a password too. */
function lineOf({ name, camera, jpeg, isOnDemand, renditions, uplink }: ProducerConfig): string {
  const { protocol, host } = new URL(camera.url);
  return [
    `${uplink.streamId}${name === "" ? "" : ` (${name})`}: ${protocol}//${host}/…`,
    `codec ${camera.codecMode}`,
    `${
      ["main", ...renditions].join(" + ")
    }, at most ${jpeg.targetFps} fps, JPEG ${jpeg.maxWidthPx} px wide`,
    isOnDemand ? "on demand" : "always open",
  ].join("; ");
}
