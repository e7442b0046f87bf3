/**
 * Run in a service's place, with its arguments: tries what its arguments name and prints, as JSON,
 * what came of each.
 *
 * @module
 */
import { hostname } from "node:os";
import { connect, createServer } from "node:net";
import { readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import process from "node:process";

/** `granted` also where the attempt then failed for another reason, such as a missing file. */
export type Verdict = "granted" | "denied";

const ATTEMPTS: Readonly<Record<string, (what: string) => unknown>> = {
  read: (path) => Deno.readTextFile(path),
  "read by node:fs": (path) => readFileSync(path),
  write: (path) => Deno.writeTextFile(path, ""),
  "write by node:fs": (path) => writeFileSync(path, ""),
  run: (program) => new Deno.Command(program, { args: ["-version"] }).output(),
  "run by node:child_process": (program) => {
    const { error } = spawnSync(program, ["-version"]);
    if (error !== undefined) throw error;
  },
  connect: (address) => Deno.connect(endpointOf(address)).then((connection) => connection.close()),
  "connect by node:net": (address) =>
    new Promise<void>((resolve, reject) => {
      const { port, hostname: host } = endpointOf(address);
      const socket = connect({ port, host }, () => resolve(void socket.destroy()));
      socket.once("error", reject);
    }),
  listen: (address) => Deno.listen(endpointOf(address)).close(),
  "listen by node:net": (address) =>
    new Promise<void>((resolve, reject) => {
      const { port, hostname: host } = endpointOf(address);
      const server = createServer().listen({ port, host }, () => server.close(() => resolve()));
      server.once("error", reject);
    }),
  env: (name) => Deno.env.get(name),
  "env by node:process": (name) => process.env[name],
  "all of env": () => Deno.env.toObject(),
  sys: () => Deno.hostname(),
  "sys by node:os": () => hostname(),
  memory: () => process.constrainedMemory(),
  ffi: (library) => Deno.dlopen(library, {}),
  import: (specifier) => import(specifier),
};

function endpointOf(address: string): { hostname: string; port: number } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { hostname, port: Number(port) };
}

async function verdictOf(attempt: string, what: string): Promise<Verdict> {
  try {
    await ATTEMPTS[attempt]?.(what);
    return "granted";
  } catch (error) {
    return isDenial(error) ? "denied" : "granted";
  }
}

function isDenial(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isEperm = "code" in error && (error.code === "EPERM" || error.code === "EACCES");
  return error instanceof Deno.errors.NotCapable || isEperm ||
    /Requires \S+ access/.test(error.message);
}

if (import.meta.main) {
  const verdicts: [string, Verdict][] = [];
  for (const asked of Deno.args) {
    const [attempt = "", what = ""] = asked.split(": ");
    if (!(attempt in ATTEMPTS)) throw new Error(`nothing is known of "${attempt}"`);
    verdicts.push([asked, await verdictOf(attempt, what)]);
  }
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(Object.fromEntries(verdicts))));
}
