import { environmentNames } from "@porthole/protocol/service";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { newFileOf } from "../../producer/camera_file_store.ts";
import { CAMERA_FILE } from "../../producer/config.ts";
import { NO_IMPORTS } from "../permissions.ts";

/** Those that Deno makes binaries for and that have the signals a service is stopped by. */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
] as const;
export type Target = (typeof TARGETS)[number];

/** One self-contained program, and what it may do for as long as it exists. */
export interface Binary {
  readonly name: string;
  /** From the repository, as the rest. */
  readonly main: string;
  readonly v8Flags: string;
  readonly permissions: readonly string[];
  /** What no import leads to. */
  readonly include: readonly string[];
}

/** Young objects are few and die young: a small nursery halves what an idle service takes. */
const SMALL_NURSERY = "--max-semi-space-size=1";
/** How much memory its container allows. */
const SERVING = ["--allow-sys=systemMemoryInfo"];
const PRODUCING = [
  "--allow-run=ffmpeg",
  `--allow-write=${CAMERA_FILE},${newFileOf(CAMERA_FILE)}`,
];
/** Read anew on each request, and made threads of by `INGEST_WORKERS`. */
const INGEST_FILES = ["viewer/dist", "ingest/worker.ts"];

/**
 * Permissions are fixed when a binary is made, before anybody has set anything. So each has the
 * narrowest that does for every setting: any address, for settings name it; any file, for
 * certificates, keys and secrets lie anywhere, and what is embedded counts as read from wherever the
 * binary is; a producer any variable, for a file of cameras names them; and no program but FFmpeg.
 * Written may be the file of cameras alone, where it is in the working directory and has its usual
 * name. From the sources `deploy/permissions.ts` narrows all of that to what is set.
 */
export const BINARIES: readonly Binary[] = [
  {
    name: "porthole",
    main: "deploy/compile/porthole.ts",
    v8Flags: SMALL_NURSERY,
    permissions: permissions([], [...SERVING, ...PRODUCING]),
    include: INGEST_FILES,
  },
  {
    name: "porthole-ingest",
    main: "ingest/main.ts",
    v8Flags: SMALL_NURSERY,
    permissions: permissions(environmentNames(Object.keys(INGEST_SETTINGS)), SERVING),
    include: INGEST_FILES,
  },
  {
    name: "porthole-producer",
    main: "producer/main.ts",
    v8Flags: `${SMALL_NURSERY},--lite-mode`,
    permissions: permissions([], PRODUCING),
    include: [],
  },
];

/**
 * Of `deno compile`, run in the repository.
 *
 * @param excluded folders of packages that are not embedded
 */
export function compileArgs(
  binary: Binary,
  out: string,
  excluded: readonly string[],
  target?: Target,
): string[] {
  return [
    "compile",
    "--quiet",
    // Types are for `deno task ok`; here they would take five seconds a binary.
    "--no-check",
    // The lock file has what tests and benchmarks use, too: a browser's driver among it.
    "--exclude-unused-npm",
    "--frozen",
    `--app-name=${binary.name}`,
    `--v8-flags=${binary.v8Flags}`,
    ...binary.permissions,
    ...binary.include.flatMap((path) => ["--include", path]),
    ...excluded.flatMap((path) => ["--exclude", path]),
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    out,
    binary.main,
  ];
}

/** `porthole-ingest-aarch64-unknown-linux-gnu`; without a target it is this machine's, and bare. */
export function fileNameOf({ name }: Binary, target?: Target): string {
  return target === undefined ? name : `${name}-${target}`;
}

/** @param variables those that may be read; none for all of them */
function permissions(variables: readonly string[], further: readonly string[] = []) {
  return [
    "--no-prompt",
    ["--allow-env", variables.join()].filter(Boolean).join("="),
    "--allow-read",
    "--allow-net",
    ...NO_IMPORTS,
    ...further,
  ];
}
