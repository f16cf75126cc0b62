import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyAddress } from "../../src/safety/public-address.ts";

describe("classifyAddress", () => {
  it.each(["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001:81b::200e"])("%s is public", (address) => {
    expect(classifyAddress(address)).toBe("public");
  });

  it.each([
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "127.0.0.1",
    "127.255.0.9",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "fc00::1",
  ])("%s is private", (address) => {
    expect(classifyAddress(address)).toBe("private");
  });

  it.each([
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "::",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001::1",
    "2001:db8::1",
    "4000::1",
    "100::1",
    "0177.0.0.1",
    "127.1",
    "2130706433",
    "",
    "example.org",
  ])("%s is forbidden", (address) => {
    expect(classifyAddress(address)).toBe("forbidden");
  });

  it("calls no IPv6 address public outside 2000::/3", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const first = Number.parseInt(address.split(":")[0] || "0", 16);
        if (classifyAddress(address) === "public") expect(first & 0xe000).toBe(0x2000);
      }),
    );
  });
});
