import type { HttpClient } from '../platform/http/types.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { check, error, info, recordsOf, unanswered, warning } from './findings.ts';
import type { Ask } from './resolver.ts';
import { recordTags } from './tags.ts';
import type { Evidence, Finding, MxCheck, Verdict } from './types.ts';

type MtaSts = Evidence['mtaSts'];
export interface StsPolicy {
  mode: NonNullable<MtaSts['mode']>;
  hosts: string[];
  /** Seconds. */
  maxAge: number;
}

/** Where a domain publishes its policy (RFC 8461, section 3.3). Nothing else is ever fetched. */
export const policyHost = (domain: string): string => `mta-sts.${domain}`;

/**
 * Whether senders must use TLS (MTA-STS, RFC 8461). Without a client only the record is looked at.
 */
export async function checkMtaSts(
  domain: string,
  { ask, http, mx, now }: { ask: Ask; http: HttpClient | undefined; mx: MxCheck; now: () => Date },
): Promise<MtaSts> {
  const answer = await ask(`_mta-sts.${domain}`, 'TXT');
  const result = (
    verdict: Verdict,
    records: string[],
    findings: Finding[],
    mode: MtaSts['mode'] = null,
  ): MtaSts => ({ ...check(verdict, records, findings, now), mode });
  if (answer.kind === 'failed')
    return result('unknown', [], [unanswered('mta_sts.unanswered', 'MTA-STS', answer.reason)]);
  const [text, ...others] = recordsOf(answer).filter((record) => /^v=STSv1\s*(;|$)/.test(record));
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
  if (others.length > 0 || !/^[a-z0-9]{1,32}$/i.test(recordTags(text).get('id') ?? ''))
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
    return result(fetched === 'unknown' ? 'unknown' : 'bad', [text], [notFetched(fetched, domain)]);
  return result(...judged(fetched, mx, text));
}

async function fetchPolicy(
  domain: string,
  http: HttpClient,
): Promise<StsPolicy | 'absent' | 'unreadable' | 'unknown'> {
  try {
    const { body } = await http.request({
      url: `https://${policyHost(domain)}/.well-known/mta-sts.txt`,
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
  const valueOf = (name: string) => pairs.find(([key]) => key === name)?.[1];
  const mode = (['enforce', 'testing', 'none'] as const).find((known) => known === valueOf('mode'));
  const hosts = pairs.flatMap(([key, value = '']) => (key === 'mx' ? [value.toLowerCase()] : []));
  const maxAge = /^\d{1,10}$/.test(valueOf('max_age') ?? '') ? Number(valueOf('max_age')) : null;
  if (
    valueOf('version') !== 'STSv1' ||
    mode === undefined ||
    maxAge === null ||
    (mode !== 'none' && hosts.length === 0)
  )
    return null;
  return { mode, hosts, maxAge };
}

function notFetched(why: 'absent' | 'unreadable' | 'unknown', domain: string): Finding {
  const place = `https://${policyHost(domain)}/.well-known/mta-sts.txt`;
  if (why === 'absent')
    return error(
      'mta_sts.no_policy',
      `The record promises a policy and there is none at ${place}. Publish it there.`,
    );
  if (why === 'unreadable')
    return error(
      'mta_sts.bad_policy',
      `What stands at ${place} is no policy that senders can read. Redirects do not count. Correct it.`,
    );
  return info(
    'mta_sts.not_reached',
    `The policy at ${place} could not be fetched. It counts as unknown until the next scan.`,
  );
}

function judged(
  { mode, hosts }: StsPolicy,
  mx: MxCheck,
  text: string,
): [Verdict, string[], Finding[], MtaSts['mode']] {
  const records = [text, `mode: ${mode}, mx: ${hosts.join(' ')}`];
  const uncovered = mx.hosts
    .map(({ host }) => host)
    .filter((host) => !hosts.some((pattern) => covers(pattern, host)));
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
function covers(pattern: string, host: string): boolean {
  return pattern.startsWith('*.')
    ? host.slice(host.indexOf('.')) === pattern.slice(1)
    : pattern === host;
}
