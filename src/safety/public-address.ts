import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * "public": global unicast. "private": a network of somebody's own (loopback, RFC 1918, unique local, carrier-grade
 * NAT), reachable only where the operator named the host. "forbidden": never a place to connect to (link-local and
 * with it cloud metadata, multicast, unspecified, reserved, and every form that carries another address inside:
 * IPv4-mapped, 6to4, NAT64, Teredo), and whatever is not an address.
 */
export type AddressKind = "public" | "private" | "forbidden";

const privateRanges: ReadonlySet<string> = new Set(["private", "loopback", "uniqueLocal", "carrierGradeNat"]);
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");

/** Tells what kind of address this is. Anything the table of special ranges does not know to be public is not. */
export function classifyAddress(address: string): AddressKind {
  if (isIP(address) === 0) return "forbidden"; // ipaddr.js also reads octal and short forms; nobody resolves to those
  const parsed = ipaddr.parse(address);
  const range = parsed.range();
  if (privateRanges.has(range)) return "private";
  if (range !== "unicast") return "forbidden";
  // ipaddr.js calls everything "unicast" that no table names, such as ::127.0.0.1; only 2000::/3 is handed out.
  return parsed instanceof ipaddr.IPv6 && !parsed.match(globalUnicast) ? "forbidden" : "public";
}
