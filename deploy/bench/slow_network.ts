import { MisuseError } from "@porthole/protocol/service";

/** What the link does when nobody squeezes it. */
export const FAST_KBPS = 1_000_000;

export const SERVER_ADDRESS = "10.79.0.1";
const VIEWER_ADDRESS = "10.79.0.2";
const SUBNET = "10.79.0.0/30";
const PREFIX_BITS = 30;
/** The server's end of the link, inside its namespace: no other network has one of that name. */
const SERVER_DEVICE = "to-viewer";
const VIEWER_DEVICE = "to-server";
/** As a home router's queue, at any rate. */
const QUEUE_MS = 300;
const BURST_KB = 8;
const KILL_AFTER_MS = 3_000;
const POLL_MS = 50;

const ROOT_CURE =
  "run this as root (in a container: with the capabilities NET_ADMIN and SYS_ADMIN)";
const CURES = [
  { when: /qdisc kind is unknown/i, cure: "the kernel needs its token bucket filter, sch_tbf" },
  { when: /congestion algorithm/i, cure: "sysctl net.ipv4.tcp_available_congestion_control tells" },
  { when: /unknown device type/i, cure: "the kernel needs virtual Ethernet pairs, veth" },
];

/**
 * Two network namespaces and a link between them, and no way out of them: one for the server and
 * all that is near it, one for a viewer that is far. Nothing of the machine's own network changes.
 */
export class SlowNetwork implements AsyncDisposable {
  readonly serverNamespace: string;
  readonly viewerNamespace: string;

  private constructor(name: string) {
    this.serverNamespace = `${name}-server`;
    this.viewerNamespace = `${name}-viewer`;
  }

  /**
   * @param congestion how the server's TCP finds its pace: `cubic` on most
   * @throws {MisuseError} when it cannot be made, with the cause and what to do; nothing is left
   */
  static async create(congestion: string): Promise<SlowNetwork> {
    const network = new SlowNetwork(`porthole-slow-${Deno.pid}`);
    try {
      await network.#create(congestion);
      return network;
    } catch (cause) {
      await network[Symbol.asyncDispose]();
      throw cause;
    }
  }

  /** The command line that runs a command in a namespace, as its own process. */
  static inNamespace(namespace: string, command: readonly string[]): string[] {
    return ["ip", "netns", "exec", namespace, ...command];
  }

  /** Ends whatever still runs in the namespaces, and removes them. Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const existing = new Set(await namespaces());
    for (const namespace of [this.viewerNamespace, this.serverNamespace]) {
      if (!existing.has(namespace)) continue;
      await endProcessesIn(namespace);
      await run("ip", "netns", "delete", namespace);
    }
  }

  async #create(congestion: string): Promise<void> {
    const [server, viewer] = [this.serverNamespace, this.viewerNamespace];
    await run("ip", "netns", "add", server);
    await run("ip", "netns", "add", viewer);
    const peer = ["type", "veth", "peer", "name", VIEWER_DEVICE, "netns", viewer];
    await run("ip", "-n", server, "link", "add", "name", SERVER_DEVICE, ...peer);
    const ends = [
      { namespace: server, device: SERVER_DEVICE, address: SERVER_ADDRESS },
      { namespace: viewer, device: VIEWER_DEVICE, address: VIEWER_ADDRESS },
    ];
    for (const { namespace, device, address } of ends) {
      const subnet = `${address}/${PREFIX_BITS}`;
      await run("ip", "-n", namespace, "address", "add", subnet, "dev", device);
      for (const up of ["lo", device]) await run("ip", "-n", namespace, "link", "set", up, "up");
    }
    // By the route: a namespace's default cannot be one that the machine does not allow everybody.
    const route = [SUBNET, "dev", SERVER_DEVICE, "src", SERVER_ADDRESS, "congctl", congestion];
    await run("ip", "-n", server, "route", "replace", ...route);
    await run("tc", "-n", server, ...shaping("add", FAST_KBPS));
  }
}

/**
 * The rate from the server to the viewer from now on; to be called in the server's namespace. What
 * waits in the queue stays there.
 */
export async function setLinkRate(kbps: number): Promise<void> {
  await run("tc", ...shaping("change", kbps));
}

function shaping(verb: "add" | "change", kbps: number): string[] {
  const bucket = ["rate", `${kbps}kbit`, "burst", `${BURST_KB}kb`, "latency", `${QUEUE_MS}ms`];
  return ["qdisc", verb, "dev", SERVER_DEVICE, "root", "tbf", ...bucket];
}

async function namespaces(): Promise<string[]> {
  const lines = (await run("ip", "netns", "list")).split("\n");
  return lines.map((line) => line.split(" ")[0] ?? "").filter((name) => name !== "");
}

/** Nobody else has put any process there. */
async function endProcessesIn(namespace: string): Promise<void> {
  const killAtMs = performance.now() + KILL_AFTER_MS;
  for (let signal: Deno.Signal = "SIGTERM";;) {
    const pids = (await run("ip", "netns", "pids", namespace)).split("\n").map(Number);
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

async function run(command: string, ...args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await outputOf(command, args);
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  const said = decoder.decode(stderr).trim();
  throw new MisuseError(
    `the slow link cannot be made: "${[command, ...args].join(" ")}" said "${said}"; ${
      cureFor(said)
    }`,
  );
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
