import { inNamespace, removeNamespaces, runTool } from "../testing/network_namespaces.ts";

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
    return inNamespace(namespace, command);
  }

  /** Ends whatever still runs in the namespaces, and removes them. Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await removeNamespaces([this.viewerNamespace, this.serverNamespace]);
  }

  async #create(congestion: string): Promise<void> {
    const [server, viewer] = [this.serverNamespace, this.viewerNamespace];
    await runTool("ip", "netns", "add", server);
    await runTool("ip", "netns", "add", viewer);
    const peer = ["type", "veth", "peer", "name", VIEWER_DEVICE, "netns", viewer];
    await runTool("ip", "-n", server, "link", "add", "name", SERVER_DEVICE, ...peer);
    const ends = [
      { namespace: server, device: SERVER_DEVICE, address: SERVER_ADDRESS },
      { namespace: viewer, device: VIEWER_DEVICE, address: VIEWER_ADDRESS },
    ];
    for (const { namespace, device, address } of ends) {
      const subnet = `${address}/${PREFIX_BITS}`;
      await runTool("ip", "-n", namespace, "address", "add", subnet, "dev", device);
      for (const up of ["lo", device]) {
        await runTool("ip", "-n", namespace, "link", "set", up, "up");
      }
    }
    // By the route: a namespace's default cannot be one that the machine does not allow everybody.
    const route = [SUBNET, "dev", SERVER_DEVICE, "src", SERVER_ADDRESS, "congctl", congestion];
    await runTool("ip", "-n", server, "route", "replace", ...route);
    await runTool("tc", "-n", server, ...shaping("add", FAST_KBPS));
  }
}

/**
 * The rate from the server to the viewer from now on; to be called in the server's namespace. What
 * waits in the queue stays there.
 */
export async function setLinkRate(kbps: number): Promise<void> {
  await runTool("tc", ...shaping("change", kbps));
}

function shaping(verb: "add" | "change", kbps: number): string[] {
  const bucket = ["rate", `${kbps}kbit`, "burst", `${BURST_KB}kb`, "latency", `${QUEUE_MS}ms`];
  return ["qdisc", verb, "dev", SERVER_DEVICE, "root", "tbf", ...bucket];
}
