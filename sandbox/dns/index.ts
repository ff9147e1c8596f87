import { hardCases } from './hard-cases.ts';
import { infrastructure } from './infrastructure.ts';
import { serve, type DnsServer } from './server.ts';
import { World, type Zone } from './zones.ts';

export { HARD } from './hard-cases.ts';
export { zoneFor } from './believable.ts';
export type { DnsServer } from './server.ts';
export type { Zone } from './zones.ts';

export interface DnsOptions {
  /** In addition to the hard cases and to the mail providers' own names. */
  zones?: Zone[];
  /**
   * Makes up the zone of any other registered domain, such as `(domain) => zoneFor(domain,
   * 'demo')`; default: there is none (NXDOMAIN).
   */
  fallback?: (domain: string) => Zone;
  /** Default 0: any free port. */
  port?: number;
}

/**
 * Starts name servers for a world of ours, over UDP and TCP on loopback.
 * @throws the listen error (`EADDRINUSE` …) when the port is taken
 */
export function startDns({ zones = [], fallback, port = 0 }: DnsOptions = {}): Promise<DnsServer> {
  return serve(new World([...zones, hardCases(), infrastructure()], fallback), port);
}
