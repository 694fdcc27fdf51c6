/** Whether an address lies on the public internet: not on this machine, not in its own network, not in a cloud's metadata. Pure. */
import { BlockList, isIPv4, isIPv6 } from "node:net";

/** Of IANA's special-purpose registry what can lead to a machine: https://www.iana.org/assignments/iana-ipv4-special-registry */
const specialV4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];

/** What is global today, and in it what stands for an IPv4 address or for none: Teredo, ORCHID, documentation, 6to4. */
const globalV6: readonly [string, number] = ["2000::", 3];
const specialV6: readonly (readonly [string, number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const blockList = (subnets: readonly (readonly [string, number])[], family: "ipv4" | "ipv6"): BlockList => {
  const list = new BlockList();
  for (const [net, prefix] of subnets) list.addSubnet(net, prefix, family);
  return list;
};

/** IPv4 addresses in IPv6's clothes (::ffff:…, 64:ff9b::…) are none. */
export const isPublicAddress = (address: string): boolean => {
  if (isIPv4(address)) return !blockList(specialV4, "ipv4").check(address, "ipv4");
  if (!isIPv6(address) || address.includes("%")) return false;
  return blockList([globalV6], "ipv6").check(address, "ipv6") && !blockList(specialV6, "ipv6").check(address, "ipv6");
};
