import type { HttpClient } from '../platform/http/types.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { createCheck, error, info, getRecords, reportUnanswered, warning } from './findings.ts';
import type { DnsQuery } from './resolver.ts';
import { parseTags } from './tags.ts';
import type { Evidence, Finding, MxCheck, Verdict } from './types.ts';

type MtaSts = Evidence['mtaSts'];
export interface StsPolicy {
  mode: NonNullable<MtaSts['mode']>;
  hosts: string[];
  /** Seconds. */
  maxAge: number;
}

/** Where a domain publishes its policy (RFC 8461, section 3.3). Nothing else is ever fetched. */
export const toPolicyHost = (domain: string): string => `mta-sts.${domain}`;

/**
 * Whether senders must use TLS (MTA-STS, RFC 8461). Without a client only the record is looked at.
 */
export async function checkMtaSts(
  domain: string,
  {
    query,
    http,
    mx,
    now,
  }: { query: DnsQuery; http: HttpClient | undefined; mx: MxCheck; now: () => Date },
): Promise<MtaSts> {
  const answer = await query(`_mta-sts.${domain}`, 'TXT');
  const result = (
    verdict: Verdict,
    records: string[],
    findings: Finding[],
    mode: MtaSts['mode'] = null,
  ): MtaSts => ({ ...createCheck(verdict, records, findings, now), mode });
  if (answer.kind === 'failed')
    return result(
      'unknown',
      [],
      [reportUnanswered('mta_sts.unanswered', 'MTA-STS', answer.reason)],
    );
  const [text, ...others] = getRecords(answer).filter((record) => /^v=STSv1\s*(;|$)/.test(record));
  if (mx.verdict === 'not_applicable' || mx.verdict === 'missing')
    return result('not_applicable', [], []);
  if (text === undefined)
    return result(
      'missing',
      [],
      [
        info(
          'mta_sts.missing',
          'There is no MTA-STS record: senders may fall back to mail without encryption.',
        ),
      ],
    );
  if (others.length > 0 || !/^[a-z0-9]{1,32}$/i.test(parseTags(text).get('id') ?? ''))
    return result(
      'bad',
      [text, ...others],
      [
        error(
          'mta_sts.bad_record',
          'There is not exactly one MTA-STS record with an id, so that senders ignore it. Correct _mta-sts.',
        ),
      ],
    );
  if (http === undefined)
    return result(
      'unknown',
      [text],
      [info('mta_sts.not_fetched', 'The policy behind the record was not fetched.')],
    );
  const fetched = await fetchPolicy(domain, http);
  if (typeof fetched === 'string')
    return result(
      fetched === 'unknown' ? 'unknown' : 'bad',
      [text],
      [reportFetchFailure(fetched, domain)],
    );
  return result(...evaluatePolicy(fetched, mx, text));
}

async function fetchPolicy(
  domain: string,
  http: HttpClient,
): Promise<StsPolicy | 'absent' | 'unreadable' | 'unknown'> {
  try {
    const { body } = await http.request({
      url: `https://${toPolicyHost(domain)}/.well-known/mta-sts.txt`,
      headers: { accept: 'text/plain' },
    });
    return parseStsPolicy(body) ?? 'unreadable';
  } catch (failure) {
    if (!(failure instanceof RemoteError)) throw failure;
    if (failure.kind === 'malformed') return 'unreadable';
    // Without a status nobody answered, or the address is none that may be called.
    return failure.kind === 'gone' || (failure.kind !== 'transient' && failure.status !== undefined)
      ? 'absent'
      : 'unknown';
  }
}

/** Reads a policy; null when receivers could not. Never throws. */
export function parseStsPolicy(text: string): StsPolicy | null {
  const pairs = text
    .split(/\r?\n/)
    .map((line) => line.split(/:(.*)/s, 2).map((part) => part.trim()));
  const getValue = (name: string) => pairs.find(([key]) => key === name)?.[1];
  const mode = (['enforce', 'testing', 'none'] as const).find(
    (known) => known === getValue('mode'),
  );
  const hosts = pairs.flatMap(([key, value = '']) => (key === 'mx' ? [value.toLowerCase()] : []));
  const maxAge = /^\d{1,10}$/.test(getValue('max_age') ?? '') ? Number(getValue('max_age')) : null;
  if (
    getValue('version') !== 'STSv1' ||
    mode === undefined ||
    maxAge === null ||
    (mode !== 'none' && hosts.length === 0)
  )
    return null;
  return { mode, hosts, maxAge };
}

function reportFetchFailure(why: 'absent' | 'unreadable' | 'unknown', domain: string): Finding {
  const url = `https://${toPolicyHost(domain)}/.well-known/mta-sts.txt`;
  if (why === 'absent')
    return error(
      'mta_sts.no_policy',
      `The record promises a policy and there is none at ${url}. Publish it there.`,
    );
  if (why === 'unreadable')
    return error(
      'mta_sts.bad_policy',
      `What stands at ${url} is no policy that senders can read. Redirects do not count. Correct it.`,
    );
  return info(
    'mta_sts.not_reached',
    `The policy at ${url} could not be fetched. It counts as unknown until the next scan.`,
  );
}

function evaluatePolicy(
  { mode, hosts }: StsPolicy,
  mx: MxCheck,
  text: string,
): [Verdict, string[], Finding[], MtaSts['mode']] {
  const records = [text, `mode: ${mode}, mx: ${hosts.join(' ')}`];
  const uncovered = mx.hosts
    .map(({ host }) => host)
    .filter((host) => !hosts.some((pattern) => matchesHost(pattern, host)));
  if (mode === 'none')
    return [
      'weak',
      records,
      [info('mta_sts.none', 'The policy is switched off (mode none).')],
      mode,
    ];
  if (mx.verdict === 'unknown')
    return [
      'unknown',
      records,
      [
        info(
          'mta_sts.hosts_unknown',
          'Whether the policy names the mail servers could not be found out, because they had no answer.',
        ),
      ],
      mode,
    ];
  if (uncovered.length > 0)
    return [
      'bad',
      records,
      [
        error(
          'mta_sts.uncovered',
          `The policy does not name the mail servers ${uncovered.slice(0, 5).join(', ')}, so that senders who obey it cannot deliver there. Add them.`,
        ),
      ],
      mode,
    ];
  if (mode === 'testing')
    return [
      'weak',
      records,
      [
        warning(
          'mta_sts.testing',
          'The policy is being tested: senders report and deliver all the same. Change to enforce.',
        ),
      ],
      mode,
    ];
  return ['good', records, [], mode];
}

/** `*.` stands for exactly one label. */
function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.')
    ? host.slice(host.indexOf('.')) === pattern.slice(1)
    : pattern === host;
}
