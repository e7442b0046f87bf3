import assert from "node:assert/strict";
import fc from "fast-check";
import { AddressList } from "./address_list.ts";

function allows(list: string, address: string): boolean | undefined {
  return AddressList.parse(list)?.allows(address);
}

Deno.test("addresses are in a list of ranges or not", () => {
  const list = "192.168.1.0/24, 10.0.0.7,fd00::/8";
  for (const inside of ["192.168.1.0", "192.168.1.255", "10.0.0.7", "fd12:3::1", "fdff::"]) {
    assert.equal(allows(list, inside), true, inside);
  }
  for (const outside of ["192.168.2.0", "10.0.0.8", "fe80::1", "::1", "127.0.0.1"]) {
    assert.equal(allows(list, outside), false, outside);
  }
});

Deno.test("an IPv4 address is no other one for being written as IPv6", () => {
  assert.equal(allows("10.0.0.0/8", "::ffff:10.1.2.3"), true);
  assert.equal(allows("10.0.0.0/8", "::ffff:127.0.0.1"), false);
  assert.equal(allows("10.0.0.0/8", "::ffff:7f00:1"), false);
});

Deno.test("what is not an address is not allowed", () => {
  for (const other of ["", "camera", "10.0.0", "0x0a000001", "10.0.0.1/8", " 10.0.0.1"]) {
    assert.equal(allows("0.0.0.0/0,::/0", other), false, other);
  }
});

Deno.test("what is not a list of ranges is none", () => {
  const wrong = ["", ",", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8"];
  for (const text of [...wrong, "cam/8", "10.0.0.0/8,", "10.0.0.0/8;fd00::/8", "10.0.0.0/8.0"]) {
    assert.equal(AddressList.parse(text), undefined, text);
  }
});

Deno.test("an IPv4 address is in a range when its first bits are the range's", () => {
  const address = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
  fc.assert(fc.property(address, address, fc.nat(32), (range, other, bits) => {
    const number = (bytes: readonly number[]) => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    const firstBits = (bytes: readonly number[]) => Math.floor(number(bytes) / 2 ** (32 - bits));
    const list = `${range.join(".")}/${bits}`;
    assert.equal(allows(list, other.join(".")), firstBits(range) === firstBits(other));
    assert.equal(allows(list, range.join(".")), true);
  }));
});
