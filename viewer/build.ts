import { fileURLToPath } from "node:url";

const SOURCE_DIR = fileURLToPath(new URL(".", import.meta.url));
const STATIC_DIR = `${SOURCE_DIR}static`;

/** Where ingest serves the viewer from. */
export const DIST_DIR = `${SOURCE_DIR}dist`;

/**
 * Page and worker, what other sites load, and what is loaded only where it is needed. `deno bundle`
 * does not follow `new Worker(…)` or an `import()` of what is not yet known, so each is an entry.
 */
const ENTRIES = [
  "decode_worker.ts",
  "embed.ts",
  "latency_chart.ts",
  "main.ts",
  "media_source.ts",
  "watch.ts",
];

/** Files of packages that are served as they are: a page may have no style but from a file. */
const PACKAGE_FILES: Readonly<Record<string, string>> = {
  "uplot.css": import.meta.resolve("uplot/dist/uPlot.min.css"),
};

/**
 * Builds the viewer into `distDir`: bundles beside the files of `static/`.
 *
 * Each file takes the place of the old one in one step, so a server that runs meanwhile never reads
 * half of one.
 *
 * @throws {Error} with what the bundler printed, when it fails
 */
export async function buildViewer(distDir: string = DIST_DIR): Promise<void> {
  await Deno.mkdir(distDir, { recursive: true });
  const stagingDir = await Deno.makeTempDir({ dir: distDir, prefix: ".staging-" });
  try {
    await bundle(stagingDir);
    await copyFiles(STATIC_DIR, stagingDir);
    await copyPackageFiles(stagingDir);
    await moveFiles(stagingDir, distDir);
  } finally {
    await Deno.remove(stagingDir, { recursive: true });
  }
}

async function bundle(outDir: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--minify",
      "--sourcemap=linked",
      `--outdir=${outDir}`,
      ...ENTRIES,
    ],
    cwd: SOURCE_DIR,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`the viewer could not be bundled:\n${new TextDecoder().decode(stderr)}`);
  }
}

async function copyFiles(fromDir: string, toDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(fromDir)) {
    await Deno.copyFile(`${fromDir}/${name}`, `${toDir}/${name}`);
  }
}

async function copyPackageFiles(toDir: string): Promise<void> {
  for (const [name, url] of Object.entries(PACKAGE_FILES)) {
    await Deno.copyFile(fileURLToPath(url), `${toDir}/${name}`);
  }
}

async function moveFiles(fromDir: string, toDir: string): Promise<void> {
  for await (const { name } of Deno.readDir(fromDir)) {
    await Deno.rename(`${fromDir}/${name}`, `${toDir}/${name}`);
  }
}

if (import.meta.main) await buildViewer();
