/**
 * What a binary of `deno compile` carries besides the runtime, read from its bytes: Deno 2.9 writes
 * it as JSON, one value of what it was told and one of the files.
 */
export interface CompiledBinary {
  readonly entry: string;
  readonly v8Flags: readonly string[];
  /** As Deno has them: `null` for none, `[]` for all. */
  readonly permissions: Readonly<Record<string, unknown>>;
  /** Variables of an environment file that was baked in. */
  readonly bakedEnvironment: Readonly<Record<string, string>>;
  /** From the repository; packages under `.deno_compile_node_modules`. */
  readonly files: readonly string[];
  /** Byte by byte, to look for what must not be in it. */
  readonly text: string;
}

interface Told {
  readonly "entrypoint_key": string;
  readonly "v8_flags": readonly string[];
  readonly permissions: Readonly<Record<string, unknown>>;
  readonly "env_vars_from_env_file": Readonly<Record<string, string>>;
}

interface Entry {
  readonly Dir?: { readonly n: string; readonly e: readonly Entry[] };
  readonly File?: { readonly n: string };
}

const TOLD_START = '{"argv":';
const FILES_START = '[{"Dir":{"n":".deno_compile_node_modules"';

/** @throws {Error} when it is not laid out as Deno 2.9 does it */
export async function readCompiledBinary(path: string): Promise<CompiledBinary> {
  const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
  const told = jsonAt<Told>(text, TOLD_START);
  return {
    entry: told["entrypoint_key"],
    v8Flags: told["v8_flags"],
    permissions: told.permissions,
    bakedEnvironment: told["env_vars_from_env_file"],
    files: filesOf(jsonAt<readonly Entry[]>(text, FILES_START)),
    text,
  };
}

function filesOf(entries: readonly Entry[], parent = ""): string[] {
  return entries.flatMap(({ Dir: directory, File: file }) => {
    if (directory !== undefined) return filesOf(directory.e, `${parent}${directory.n}/`);
    return file === undefined ? [] : `${parent}${file.n}`;
  });
}

/** The one JSON value that begins so. */
function jsonAt<T>(text: string, start: string): T {
  const from = text.indexOf(start);
  if (from < 0) throw new Error(`no ${start} in the binary`);
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"|[[\]{}]/g;
  token.lastIndex = from;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const [found] = match;
    if (found === "[" || found === "{") depth++;
    if (found === "]" || found === "}") depth--;
    if (depth === 0) return JSON.parse(text.slice(from, token.lastIndex));
  }
  throw new Error(`no end of ${start} in the binary`);
}
