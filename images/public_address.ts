import ipaddr from "ipaddr.js";

/** The part of IPv6 that is given out for the public network; anything else is unassigned or has a special meaning. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
/** Addresses of the public ranges that a hosting company answers itself, from inside: Azure's platform service. */
const INSIDE = new Set(["168.63.129.16"]);

/**
 * Whether an address belongs to the public network: not this machine, its neighbours, a private, shared, test, multicast
 * or reserved range, and no IPv6 form that carries an IPv4 address (mapped, translated, 6to4, Teredo).
 *
 * @param address IPv4 in four decimal parts or IPv6 without brackets. Text that is no address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !ipaddr.IPv6.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== "unicast" || INSIDE.has(parsed.toString())) return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}
