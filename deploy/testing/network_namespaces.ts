import { MisuseError } from "@porthole/protocol/service";

const KILL_AFTER_MS = 3_000;
const POLL_MS = 50;
const CHROMIUM = "/usr/bin/chromium";

const ROOT_CURE =
  "run this as root (in a container: with the capabilities NET_ADMIN and SYS_ADMIN)";
const CURES = [
  { when: /qdisc kind is unknown/i, cure: "the kernel needs its token bucket filter, sch_tbf" },
  { when: /congestion algorithm/i, cure: "sysctl net.ipv4.tcp_available_congestion_control tells" },
  { when: /unknown device type/i, cure: "the kernel needs virtual Ethernet pairs, veth" },
];

/** The command line that runs a command in a namespace, as its own process. */
export function inNamespace(namespace: string, command: readonly string[] = []): string[] {
  return ["ip", "netns", "exec", namespace, ...command];
}

/** Ends whatever still runs in the namespaces, and removes those that are there. Twice is fine. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const existing = new Set(await namespaces());
  for (const name of names) {
    if (!existing.has(name)) continue;
    await endProcessesIn(name);
    await runTool("ip", "netns", "delete", name);
  }
}

/**
 * A script in `directory` that starts Chromium in a namespace. WebCodecs exists in secure contexts
 * alone, and plain http is one on loopback alone: so `origin` has to be named.
 */
export async function chromiumIn(
  namespace: string,
  { origin, directory }: { readonly origin: string; readonly directory: string },
): Promise<string> {
  const chromium = Deno.env.get("CHROMIUM_PATH") ?? CHROMIUM;
  const command = inNamespace(namespace, [
    chromium,
    `--unsafely-treat-insecure-origin-as-secure=${origin}`,
  ]);
  const path = `${directory}/chromium`;
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${command.join(" ")} "$@"\n`, { mode: 0o755 });
  return path;
}

/**
 * Runs `ip` or `tc` and tells what it printed.
 *
 * @throws {MisuseError} with what it said and what can be done
 */
export async function runTool(command: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await outputOf(command, args);
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const said = decoder.decode(stderr).trim();
  const line = [command, ...args].join(" ");
  throw new MisuseError(
    `the network cannot be made: "${line}" said "${said}"; ${cureFor(said)}`,
  );
}

async function namespaces(): Promise<string[]> {
  const lines = (await runTool("ip", "netns", "list")).split("\n");
  return lines.map((line) => line.split(" ")[0] ?? "").filter((name) => name !== "");
}

/** Nobody else has put any process there. */
async function endProcessesIn(namespace: string): Promise<void> {
  const killAtMs = performance.now() + KILL_AFTER_MS;
  for (let signal: Deno.Signal = "SIGTERM";;) {
    const pids = (await runTool("ip", "netns", "pids", namespace)).split("\n").map(Number);
    const left = pids.filter((pid) => pid > 0);
    if (left.length === 0) return;
    for (const pid of left) end(pid, signal);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (performance.now() > killAtMs) signal = "SIGKILL";
  }
}

function end(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    // It ended by itself.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function outputOf(command: string, args: readonly string[]): Promise<Deno.CommandOutput> {
  try {
    return await new Deno.Command(command, { args: [...args], stdin: "null" }).output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new MisuseError(`there is no "${command}": install iproute2 (apt install iproute2)`, {
      cause,
    });
  }
}

function cureFor(said: string): string {
  return CURES.find(({ when }) => when.test(said))?.cure ?? ROOT_CURE;
}
