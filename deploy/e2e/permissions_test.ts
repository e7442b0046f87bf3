import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { BINARIES } from "../compile/binary.ts";
import type { ServiceName } from "../permissions.ts";
import type { Verdict } from "../testing/permission_probe.ts";
import { ServiceProcess } from "../testing/process.ts";
import { taskArgs } from "../testing/services.ts";

type Verdicts = Readonly<Record<string, Verdict>>;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PROBE = `${ROOT}deploy/testing/permission_probe.ts`;

/** Nobody of ours is there: what is granted is refused by the kernel, at once. */
const INGEST = "127.0.0.1:9";
const SETTINGS: Readonly<Record<ServiceName, Readonly<Record<string, string>>>> = {
  ingest: { INGEST_PORT: "0", TLS_CERT: `${ROOT}LICENSE`, TLS_KEY: `${ROOT}README.md` },
  producer: { RTSP_URL: "rtsp://127.0.0.1:9/1", INGEST_URL: `http://${INGEST}` },
};

const NEVER = [
  "read: /etc/passwd",
  "read by node:fs: /etc/passwd",
  "read: /proc/self/environ",
  `read: ${ROOT}deno.json`,
  `read: ${ROOT}viewer/dist/../main.ts`,
  "write: /tmp/porthole-permission-probe",
  "write by node:fs: /tmp/porthole-permission-probe",
  "write: .env",
  `write: ${ROOT}viewer/dist/main.js`,
  "run: sh",
  "run by node:child_process: sh",
  "run: /bin/sh",
  "connect: 127.0.0.1:22",
  "connect: 192.0.2.1:80",
  "connect by node:net: 192.0.2.1:80",
  "listen: 0.0.0.0:0",
  "env: HOME",
  "env by node:process: HOME",
  "all of env",
  "sys",
  "sys by node:os",
  "ffi: libc.so.6",
  "import: https://example.com/a.ts",
  // One of those that Deno lets every program import from unless it is told not to.
  "import: https://esm.sh/a.ts",
];

const GRANTED: Readonly<Record<ServiceName, readonly string[]>> = {
  ingest: [
    "read: .env",
    `read: ${ROOT}viewer/dist/index.html`,
    `read: ${ROOT}LICENSE`,
    "listen by node:net: 127.0.0.1:0",
    "memory",
    "env: PUBLISH_TOKEN",
  ],
  producer: [
    "read: .env",
    "run: ffmpeg",
    `connect by node:net: ${INGEST}`,
    "env: RTSP_URL",
  ],
};

/** What a service in whose place the probe runs can do. */
function verdictsOf(name: ServiceName, attempts: readonly string[]): Promise<Verdicts> {
  const env = SETTINGS[name];
  const [, ...flags] = taskArgs(name, env, ROOT);
  return probed(flags.slice(0, -1), attempts, env);
}

/** @param flags of `deno run` */
async function probed(
  flags: readonly string[],
  attempts: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Verdicts> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "--no-check", PROBE, ...attempts],
    cwd: `${ROOT}deploy/testing`,
    env,
  }).output();
  const decoder = new TextDecoder();
  assert.equal(stdout.byteLength > 0, true, decoder.decode(stderr));
  return JSON.parse(decoder.decode(stdout));
}

const all = (attempts: readonly string[], verdict: Verdict) =>
  Object.fromEntries(attempts.map((attempt) => [attempt, verdict]));

for (const name of ["ingest", "producer"] as const) {
  Deno.test(`${name} has what it needs and nothing else`, async () => {
    // Of ingest that listens on a free port all ports of that address are its own.
    const never = name === "ingest"
      ? [...NEVER.filter((attempt) => !attempt.includes("127.0.0.1")), "run: ffmpeg"]
      : [...NEVER, "memory", "listen: 127.0.0.1:0", `read: ${ROOT}viewer/dist/index.html`];
    const verdicts = await verdictsOf(name, [...never, ...GRANTED[name]]);
    assert.deepEqual(verdicts, { ...all(never, "denied"), ...all(GRANTED[name], "granted") });
  });
}

for (const { name, permissions } of BINARIES) {
  Deno.test(`the binary ${name} imports nothing, runs FFmpeg at most, and loads no library`, async () => {
    const never = ["import: https://esm.sh/a.ts", "run: sh", "ffi: libc.so.6", "write: .env"];
    assert.deepEqual(await probed([...permissions], never), all(never, "denied"));
  });
}

Deno.test("the task's own shell starts a service with its permissions", async () => {
  await using task = await ServiceProcess.start({
    command: Deno.execPath(),
    args: ["task", "--cwd", ROOT, "producer"],
    env: { ...SETTINGS.producer, LOG_LEVEL: "info" },
    ready: /producer starts ffmpeg=\d.*[^]*cause="nothing listens at INGEST_URL/,
  });
  assert.match(task.output, /deploy\/permissions\.ts producer\) producer\/main\.ts/);
});
