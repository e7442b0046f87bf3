import { inNamespace, removeNamespaces, runTool } from "./network_namespaces.ts";

/** Nobody's: locally administered, and given to no device. */
const NOBODY = "02:00:00:00:00:01";
const PREFIX_BITS = 30;

let created = 0;

/**
 * A network namespace in the middle and one at the end of each link, with no way out of them: what
 * is there can be cut off without a word. Nothing of the machine's own network changes.
 */
export class StarNetwork<End extends string> implements AsyncDisposable {
  readonly #name: string;
  readonly #ends: readonly End[];

  private constructor(ends: readonly End[]) {
    this.#name = `porthole-star-${Deno.pid}-${created++}`;
    this.#ends = ends;
  }

  /** @throws {MisuseError} when it cannot be made, with the cause and what to do; nothing is left */
  static async create<End extends string>(ends: readonly End[]): Promise<StarNetwork<End>> {
    const network = new StarNetwork(ends);
    try {
      await runTool("ip", "netns", "add", network.#middle);
      await runTool("ip", "-n", network.#middle, "link", "set", "lo", "up");
      for (const end of ends) await network.#link(end);
      return network;
    } catch (cause) {
      await network[Symbol.asyncDispose]();
      throw cause;
    }
  }

  /** What comes before a command to run it in the middle. */
  get inMiddle(): readonly string[] {
    return inNamespace(this.#middle);
  }

  /** What comes before a command to run it at that end. */
  atEnd(end: End): readonly string[] {
    return inNamespace(this.namespaceOf(end));
  }

  namespaceOf(end: End): string {
    return `${this.#name}-${end}`;
  }

  /** Of the end, as seen from the middle. */
  addressOf(end: End): string {
    return `${this.#prefixOf(end)}.2`;
  }

  /** Of the middle, as seen from that end. */
  middleAddressFor(end: End): string {
    return `${this.#prefixOf(end)}.1`;
  }

  /**
   * From now on nothing that either side sends arrives, and neither is told: each sends to a
   * hardware address that nobody has. So does a link whose cable was cut behind a switch.
   */
  async cut(end: End): Promise<void> {
    const entry = ["lladdr", NOBODY, "nud", "permanent"];
    await this.#neighbours("replace", end, entry);
  }

  /** Both sides ask for each other's hardware address again. */
  async mend(end: End): Promise<void> {
    await this.#neighbours("delete", end, []);
  }

  /** Ends whatever still runs in the namespaces, and removes them. Twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    const ends = this.#ends.map((end) => this.namespaceOf(end));
    await removeNamespaces([...ends, this.#middle]);
  }

  get #middle(): string {
    return `${this.#name}-middle`;
  }

  #prefixOf(end: End): string {
    return `10.80.${this.#ends.indexOf(end)}`;
  }

  async #link(end: End): Promise<void> {
    const namespace = this.namespaceOf(end);
    await runTool("ip", "netns", "add", namespace);
    const [near, far] = devicesOf(end);
    const peer = ["type", "veth", "peer", "name", far, "netns", namespace];
    await runTool("ip", "-n", this.#middle, "link", "add", "name", near, ...peer);
    await runTool("ip", "-n", namespace, "link", "set", "lo", "up");
    const sides = [
      { of: this.#middle, device: near, address: this.middleAddressFor(end) },
      { of: namespace, device: far, address: this.addressOf(end) },
    ];
    for (const { of, device, address } of sides) {
      const subnet = `${address}/${PREFIX_BITS}`;
      await runTool("ip", "-n", of, "address", "add", subnet, "dev", device);
      await runTool("ip", "-n", of, "link", "set", device, "up");
    }
  }

  async #neighbours(verb: "replace" | "delete", end: End, entry: readonly string[]): Promise<void> {
    const [near, far] = devicesOf(end);
    const sides = [
      { of: this.#middle, device: near, neighbour: this.addressOf(end) },
      { of: this.namespaceOf(end), device: far, neighbour: this.middleAddressFor(end) },
    ];
    for (const { of, device, neighbour } of sides) {
      await runTool("ip", "-n", of, "neighbour", verb, neighbour, "dev", device, ...entry);
    }
  }
}

/** In the middle, and at the end; a name has 15 characters at most. */
function devicesOf(end: string): readonly [near: string, far: string] {
  return [`to-${end}`, "to-middle"];
}
