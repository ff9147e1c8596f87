import { World, type QueryType, type Zone } from '../../sandbox/dns/zones.ts';
import type { DnsQuery, DnsAnswer } from '../../src/lib/posture/resolver.ts';
import type { Check, Evidence, Verdict } from '../../src/lib/posture/types.ts';

/**
 * Answers out of zones without a network, for rules that are tried a thousand times; `fails` says
 * which questions nobody answers.
 */
export function askZones(
  zones: Zone[],
  { fails = () => false }: { fails?: (name: string, type: QueryType) => boolean } = {},
): { query: DnsQuery; asked: string[] } {
  const world = new World(zones);
  const asked: string[] = [];
  const answer = (name: string, type: QueryType): DnsAnswer<unknown> => {
    asked.push(`${name} ${type}`);
    const { rcode, answers, fault } = world.resolve(name, type);
    if (fault !== null || rcode === 'SERVFAIL' || fails(name, type))
      return { kind: 'failed', reason: 'timeout' };
    const records = answers
      .filter((found) => found.type === type)
      .map(({ data }) => dataOf(type, data));
    return records.length > 0
      ? { kind: 'records', records, ttl: null }
      : { kind: rcode === 'NXDOMAIN' ? 'nxdomain' : 'nodata' };
  };
  return {
    query: (async (name: string, type: QueryType) => answer(name, type)) as DnsQuery,
    asked,
  };
}

function dataOf(type: QueryType, data: string | (string | number)[]): unknown {
  if (type === 'MX')
    return { preference: Number(data[0]), host: String(data[1]).toLowerCase().replace(/\.$/, '') };
  return typeof data === 'string' ? data : data.join('');
}

export const checksOf = ({
  mx,
  spf,
  dkim,
  dmarc,
  mtaSts,
  tlsRpt,
  bimi,
}: Evidence): Record<string, Check> => ({ mx, spf, dkim, dmarc, mtaSts, tlsRpt, bimi });
export const verdictsOf = (evidence: Evidence): Record<string, Verdict> =>
  Object.fromEntries(
    Object.entries(checksOf(evidence)).map(([name, { verdict }]) => [name, verdict]),
  );
export const codesOf = (check: Check): string[] => check.findings.map(({ code }) => code);
