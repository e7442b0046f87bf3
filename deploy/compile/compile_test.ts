import { environmentNames } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { INGEST_SETTINGS } from "../../ingest/config.ts";
import { type CompiledBinary, readCompiledBinary } from "../testing/compiled_binary.ts";
import { BINARIES, type Binary } from "./binary.ts";
import { compile, parseCompileArgs } from "./main.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** In the runtime's place: it is embedded into as the runtime would be, and does not run. */
const STAND_IN = "/bin/true";
const NOT_SHIPPED = /_test\.|(^|\/)(testing|testdata|bench|e2e|camera)\/|(^|\/)\.env|\.git\//;
const PACKAGES = ".deno_compile_node_modules/localhost/";
/** Each is used by a service itself; what tests and benchmarks use is not among them. */
const OWN_PACKAGES =
  /^(@hono\/node-server|@logtape\/logtape|@msgpack\/msgpack|@opentelemetry\/api|bintrees|hono|jpeg-js|prom-client|tdigest|yaml|zod)\//;

/** Each is made once: that takes seconds. */
const made = new Map<string, Promise<CompiledBinary>>();

function compiled(binary: Binary): Promise<CompiledBinary> {
  const known = made.get(binary.name) ?? make(binary);
  made.set(binary.name, known);
  return known;
}

async function make(binary: Binary): Promise<CompiledBinary> {
  const out = await Deno.makeTempDir({ prefix: "compile" });
  try {
    const [file = ""] = await compile({
      binaries: [binary],
      targets: ["aarch64-unknown-linux-gnu"],
      out,
      denort: STAND_IN,
    });
    assert.equal(basename(file), `${binary.name}-aarch64-unknown-linux-gnu`);
    return await readCompiledBinary(file);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

for (const binary of BINARIES) {
  Deno.test(`${binary.name} carries what it runs on, and nothing of this machine`, async () => {
    const built = await Array.fromAsync(Deno.readDir(join(ROOT, "viewer/dist")));
    const viewer = built.map(({ name }) => `viewer/dist/${name}`);
    assert.ok(viewer.includes("viewer/dist/index.html"), "run `deno task build:viewer` first");
    const { entry, files, text, bakedEnvironment, v8Flags } = await compiled(binary);
    assert.equal(entry, binary.main);
    assert.deepEqual(v8Flags.filter((flag) => binary.v8Flags.split(",").includes(flag)), [
      ...binary.v8Flags.split(","),
    ]);
    assert.deepEqual(bakedEnvironment, {});
    const own = files.filter((file) => !file.startsWith(PACKAGES));
    assert.deepEqual(own.filter((file) => NOT_SHIPPED.test(file)), []);
    const packages = files.filter((file) => file.startsWith(PACKAGES))
      .map((file) => file.slice(PACKAGES.length));
    assert.deepEqual(packages.filter((file) => !OWN_PACKAGES.test(file)), []);
    assert.deepEqual(
      own.filter((file) => file.startsWith("viewer/")).toSorted(),
      binary.include.length > 0 ? viewer.toSorted() : [],
    );
    assert.equal(own.includes("ingest/worker.ts"), binary.include.length > 0);
    for (const place of [ROOT, Deno.env.get("HOME") ?? ROOT, Deno.execPath()]) {
      assert.ok(place.length < 6 || !text.includes(place), `${place} is in it`);
    }
  });
}

Deno.test("a binary may read, connect and listen; a producer run FFmpeg and write its file", async () => {
  const granted: Readonly<Record<string, Record<string, readonly string[]>>> = {
    "porthole-ingest": {
      allow_env: environmentNames(Object.keys(INGEST_SETTINGS)),
      allow_sys: ["systemMemoryInfo"],
    },
    "porthole-producer": {
      allow_env: [],
      allow_run: ["ffmpeg"],
      allow_write: ["porthole.yaml", "porthole.yaml.new"],
    },
  };
  for (const [name, own] of Object.entries(granted)) {
    const binary = BINARIES.find((candidate) => candidate.name === name);
    assert.ok(binary !== undefined);
    const { permissions } = await compiled(binary);
    const given = Object.entries(permissions).filter(([, value]) => value !== null);
    assert.deepEqual(Object.fromEntries(given), {
      ...{ allow_net: [], allow_read: [], prompt: false },
      ...{ allow_import: ["nobody.invalid"], deny_import: [] },
      ...own,
    });
  }
});

Deno.test("what to compile is chosen by name, and a name that is not known is told", () => {
  const { binaries, targets, out } = parseCompileArgs(["--only", "porthole", "--out", "/x"]);
  assert.deepEqual(binaries.map(({ name }) => name), ["porthole"]);
  assert.deepEqual({ targets, out }, { targets: [undefined], out: "/x" });
  assert.equal(parseCompileArgs([]).binaries.length, BINARIES.length);
  assert.equal(parseCompileArgs(["--all-targets"]).targets.length, 4);
  assert.throws(() => parseCompileArgs(["--only", "x"]), /x: unknown; there are porthole, /);
  assert.throws(() => parseCompileArgs(["--target", "riscv"]), /riscv: unknown/);
  assert.throws(() => parseCompileArgs(["--nope"]), /cannot compile as asked/);
});
