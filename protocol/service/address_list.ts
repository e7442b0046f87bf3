import { BlockList, isIP } from "node:net";

/** IP addresses by ranges in CIDR notation (RFC 4632, 3.1; RFC 4291, 2.3). */
export class AddressList {
  readonly #ranges = new BlockList();

  private constructor(readonly text: string) {}

  /**
   * Of ranges with commas between, such as `192.168.1.0/24,fd00::/8`; an address without a length
   * is that one alone.
   *
   * @returns `undefined` when it is not such a list, or an empty one
   */
  static parse(text: string): AddressList | undefined {
    const list = new AddressList(text);
    for (const range of text.split(",")) if (!list.#add(range.trim())) return undefined;
    return list;
  }

  /** Each as it was given. */
  get ranges(): readonly string[] {
    return this.text.split(",").map((range) => range.trim());
  }

  /** @param address an IPv4 or IPv6 address, the mapped ones (`::ffff:10.0.0.1`) included */
  allows(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.#ranges.check(address, family === 4 ? "ipv4" : "ipv6");
  }

  #add(range: string): boolean {
    const [address = "", prefix, ...more] = range.split("/");
    const family = isIP(address);
    if (family === 0 || more.length > 0) return false;
    const longest = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? longest : wholeNumber(prefix);
    if (!(bits <= longest)) return false;
    this.#ranges.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
    return true;
  }
}

function wholeNumber(text: string): number {
  return /^\d{1,3}$/.test(text) ? Number(text) : NaN;
}
