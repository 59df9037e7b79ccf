import assert from "node:assert/strict";
import fc from "fast-check";
import { isPublicAddress } from "./public_address.ts";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "93.184.215.14",
  "172.32.0.1",
  "100.128.0.1",
  "2606:4700:4700::1111",
  "2a00:1450::1",
];

/** RFC 6890 and its registries, and what hides behind them. */
const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1", "fec0::1"],
  "link-local, where clouds keep their metadata": ["169.254.169.254", "fe80::1", "fe80::1%eth0"],
  "shared by providers": ["100.64.0.1", "100.100.100.200", "100.127.255.255"],
  "a platform's own": ["168.63.129.16", "192.0.0.192"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
  broadcast: ["255.255.255.255"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  "tests of equipment": ["198.18.0.1", "198.19.255.255", "2001:2::1"],
  reserved: ["240.0.0.1", "192.88.99.1", "100::1", "100:0:0:1::1", "4000::1", "5f00::1"],
  "IPv4 within IPv6": [
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:7f00:1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2001::1",
  ],
  "no address": ["", "localhost", "[::1]", "1.1.1", "8.8.8.8.8", "0x8.8.8.8", "134744072", "08.8.8.8", "8.8.8.8 "],
};

Deno.test("addresses of the public network are public", () => {
  assert.deepEqual(PUBLIC.filter((address) => !isPublicAddress(address)), []);
});

for (const [kind, addresses] of Object.entries(NOT_PUBLIC)) {
  Deno.test(`not public: ${kind}`, () => {
    assert.deepEqual(addresses.filter(isPublicAddress), []);
  });
}

/** First and last part of blocks that must never be reached, as 32-bit numbers. */
const BLOCKS = ["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"]
  .concat(["192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"])
  .map((block) => {
    const [address, bits] = block.split("/");
    const first = address!.split(".").reduce((number, part) => number * 256 + Number(part), 0);
    return { first, size: 2 ** (32 - Number(bits)) };
  });

const insideBlock = fc.constantFrom(...BLOCKS).chain(({ first, size }) =>
  fc.integer({ min: 0, max: size - 1 }).map((offset) => first + offset)
);

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** How IPv6 can write or carry an IPv4 address. */
const CARRIERS: readonly ((address: number) => string)[] = [
  (address) => `::ffff:${dotted(address)}`,
  (address) => `::${dotted(address)}`,
  (address) => `64:ff9b::${dotted(address)}`,
  (address) => `0:0:0:0:0:FFFF:${groups(address)}`,
  (address) => `2002:${groups(address)}::1`,
  (address) => `2001:0:4136:e378:8000:63bf:${groups(~address >>> 0)}`,
];

function groups(address: number): string {
  return `${(address >>> 16).toString(16)}:${(address & 0xffff).toString(16)}`;
}

Deno.test("no address of a closed block is public, in whichever form it is written", () => {
  fc.assert(fc.property(insideBlock, (address) => {
    assert.equal(isPublicAddress(dotted(address)), false);
    for (const carry of CARRIERS) assert.equal(isPublicAddress(carry(address)), false, carry(address));
    // URLs take IPv4 as one number, in octal and in hexadecimal too, and give it back in four decimal parts.
    for (const form of [String(address), `0x${address.toString(16)}`, `0${address.toString(8)}`]) {
      assert.equal(isPublicAddress(new URL(`http://${form}/`).hostname), false, form);
    }
  }));
});

Deno.test("only the part of IPv6 that is given out can be public", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (parts) => {
    const address = parts.map((part) => part.toString(16)).join(":");
    if ((parts[0]! & 0xe000) !== 0x2000) assert.equal(isPublicAddress(address), false, address);
  }));
});
