/**
 * Makes the binaries: `deno task compile [--only NAME]... [--target TARGET]... [--all-targets]
 * [--out DIRECTORY]`.
 *
 * Deno fetches the runtime that a binary is made of (denort) on first use. `DENORT_BIN` names one
 * that is there already.
 *
 * @module
 */
import { MisuseError, runService } from "@porthole/protocol/service";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BINARIES, type Binary, compileArgs, fileNameOf, type Target, TARGETS } from "./binary.ts";
import { excludedPaths } from "./excluded.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface CompileOptions {
  readonly binaries: readonly Binary[];
  /** `undefined` for this machine's. */
  readonly targets: readonly (Target | undefined)[];
  /** From the working directory, or absolute. */
  readonly out: string;
  /** The runtime that a binary is made of; by default `DENORT_BIN`, or Deno fetches it. */
  readonly denort?: string;
}

/** @throws {MisuseError} naming what is not known, and what is */
export function parseCompileArgs(args: readonly string[]): CompileOptions {
  const { values } = parsed(args);
  const { only = [], target = [] } = values;
  const targets = values["all-targets"] ? TARGETS : target.map((name) => known(name, TARGETS));
  const names = only.map((name) => known(name, BINARIES.map((binary) => binary.name)));
  return {
    binaries: BINARIES.filter(({ name }) => names.length === 0 || names.includes(name)),
    targets: targets.length > 0 ? targets : [undefined],
    out: values.out,
  };
}

/** One after the other; resolves to the files made. @throws {Error} with what Deno says */
export async function compile(options: CompileOptions): Promise<string[]> {
  const { binaries, targets, out, denort } = options;
  await Deno.mkdir(out, { recursive: true });
  const directory = await Deno.realPath(out);
  const made: string[] = [];
  for (const target of targets) {
    for (const binary of binaries) {
      const file = join(directory, fileNameOf(binary, target));
      await compileOne(compileArgs(binary, file, excludedPaths(), target), denort);
      made.push(file);
    }
  }
  return made;
}

async function compileOne(args: readonly string[], denort: string | undefined): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: denort === undefined ? {} : { DENORT_BIN: denort },
    stdout: "null",
  }).output();
  if (success) return;
  throw new Error(`deno ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true },
        target: { type: "string", multiple: true },
        "all-targets": { type: "boolean", default: false },
        out: { type: "string", default: join(ROOT, ".compiled") },
      },
    });
  } catch (cause) {
    throw new MisuseError("cannot compile as asked", { cause });
  }
}

function known<T extends string>(given: string, all: readonly T[]): T {
  const found = all.find((name) => name === given);
  if (found === undefined) throw new MisuseError(`${given}: unknown; there are ${all.join(", ")}`);
  return found;
}

if (import.meta.main) {
  await runService(async () => {
    for (const file of await compile(parseCompileArgs(Deno.args))) {
      await Deno.stdout.write(new TextEncoder().encode(`${file}\n`));
    }
  });
}
