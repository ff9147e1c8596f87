import { BlockList, isIP } from 'node:net';

/**
 * IPv4 ranges that are not the public internet: private, shared, loopback, link-local
 * (cloud metadata lives there), documentation, benchmarking, multicast, reserved.
 * Source: https://www.iana.org/assignments/iana-ipv4-special-registry
 */
const SPECIAL_IPV4: readonly [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // The virtual address at which Azure serves its own virtual machines.
  ['168.63.129.16', 32],
];

/** The public IPv6 space. Everything else (mapped IPv4, NAT64, local, multicast) is rejected. */
const GLOBAL_IPV6: readonly [string, number] = ['2000::', 3];

/**
 * Parts of that space that tunnel to IPv4 addresses or are not routed.
 * Source: https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const SPECIAL_IPV6: readonly [string, number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
];

const specialIPv4 = new BlockList();
for (const [net, bits] of SPECIAL_IPV4) specialIPv4.addSubnet(net, bits, 'ipv4');
const globalIPv6 = new BlockList();
globalIPv6.addSubnet(...GLOBAL_IPV6, 'ipv6');
const specialIPv6 = new BlockList();
for (const [net, bits] of SPECIAL_IPV6) specialIPv6.addSubnet(net, bits, 'ipv6');

/**
 * Whether an IP address (canonical text, no brackets) is on the public internet. False for anything
 * that is not an address.
 */
export function isPublicAddress(address: string): boolean {
  // Zone ids (fe80::1%eth0) only exist on the local link.
  if (address.includes('%')) return false;
  if (isIP(address) === 4) return !specialIPv4.check(address, 'ipv4');
  if (isIP(address) === 6)
    return globalIPv6.check(address, 'ipv6') && !specialIPv6.check(address, 'ipv6');
  return false;
}

/** Whether a host is one under which demo and tests reach the servers of this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1' || host === '[::1]';
}
