import { existsSync } from "node:fs";
import { MisuseError } from "@porthole/protocol/service";
import { CameraFileStore } from "./camera_file_store.ts";
import type { CameraFileConfig } from "./config.ts";

/** Where the cameras are written down. */
export type CameraList = { readonly kind: "file"; readonly store: CameraFileStore } | {
  readonly kind: "one";
  /** A file of cameras that is there and not looked at, if one is. */
  readonly unused: string | undefined;
};

/**
 * A file that was named comes first; then RTSP_URL, as the environment does before files; then the
 * file of the usual name, if it is there.
 *
 * @throws {MisuseError} when two places were named, or the named file is not there
 */
export function cameraListOf(
  { path, isNamed }: CameraFileConfig,
  hasUrl: boolean,
): CameraList {
  const isThere = existsSync(path);
  if (isNamed && hasUrl) {
    throw new MisuseError(`RTSP_URL and CONFIG=${path} both say which cameras; unset one of them`);
  }
  if (isNamed && !isThere) {
    throw new MisuseError(`CONFIG=${path}: there is no such file, or it may not be read`);
  }
  if (isThere && !hasUrl) return { kind: "file", store: new CameraFileStore(path) };
  return { kind: "one", unused: isThere ? path : undefined };
}
