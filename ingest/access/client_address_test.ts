import { AddressList } from "@porthole/protocol/service";
import assert from "node:assert/strict";
import { clientAddress } from "./client_address.ts";

const proxies = AddressList.parse("127.0.0.1,10.0.0.0/8,fd00::/8");

const CASES: readonly [peer: string, header: string | undefined, client: string][] = [
  ["203.0.113.7", undefined, "203.0.113.7"],
  ["203.0.113.7", "198.51.100.1", "203.0.113.7"],
  ["127.0.0.1", undefined, "127.0.0.1"],
  ["127.0.0.1", "", "127.0.0.1"],
  ["127.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["127.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"],
  ["127.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"],
  ["10.0.0.1", "198.51.100.1,10.0.0.2 , 10.0.0.3", "198.51.100.1"],
  ["10.0.0.1", "10.0.0.9", "10.0.0.9"],
  ["fd00::1", "2001:db8::1", "2001:db8::1"],
  ["127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
  ["127.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
  ["127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
  ["127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"],
  ["127.0.0.1", "198.51.100.1, _hidden, 10.0.0.3", "10.0.0.3"],
  ["127.0.0.1", "1.2.3.4.5", "127.0.0.1"],
];
for (const [peer, header, client] of CASES) {
  Deno.test(`"${header}" by ${peer} is ${client}`, () => {
    assert.equal(clientAddress(peer, header, proxies), client);
  });
}

Deno.test("where no proxy is trusted nobody is believed", () => {
  assert.equal(clientAddress("127.0.0.1", "198.51.100.1", undefined), "127.0.0.1");
});
