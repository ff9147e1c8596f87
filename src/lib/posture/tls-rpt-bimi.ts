import { createCheck, error, info, getRecords, reportUnanswered, warning } from './findings.ts';
import type { DnsQuery } from './resolver.ts';
import { parseTags } from './tags.ts';
import type { Check, DmarcCheck, MxCheck } from './types.ts';

/** Whether somebody hears of encryption that fails (TLS reporting, RFC 8460). */
export async function checkTlsRpt(
  domain: string,
  { query, mx, now }: { query: DnsQuery; mx: MxCheck; now: () => Date },
): Promise<Check> {
  const answer = await query(`_smtp._tls.${domain}`, 'TXT');
  if (answer.kind === 'failed')
    return createCheck(
      'unknown',
      [],
      [reportUnanswered('tls_rpt.unanswered', 'TLS reporting', answer.reason)],
      now,
    );
  if (mx.verdict === 'not_applicable' || mx.verdict === 'missing')
    return createCheck('not_applicable', [], [], now);
  const records = getRecords(answer).filter((text) => /^v=TLSRPTv1\s*(;|$)/.test(text));
  const [text, ...others] = records;
  if (text === undefined)
    return createCheck(
      'missing',
      [],
      [
        info(
          'tls_rpt.missing',
          'There is no TLS reporting: nobody hears when mail cannot be encrypted on its way.',
        ),
      ],
      now,
    );
  const reports = (parseTags(text).get('rua') ?? '')
    .split(',')
    .filter((uri) => /^\s*(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)\s*$/i.test(uri));
  if (others.length > 0 || reports.length === 0)
    return createCheck(
      'bad',
      records,
      [
        error(
          'tls_rpt.bad_record',
          'There is not exactly one TLS reporting record with an address (rua), so that nobody gets reports. Correct _smtp._tls.',
        ),
      ],
      now,
    );
  return createCheck('good', records, [], now);
}

/** Whether receivers show a logo (BIMI): they do so only under an enforced DMARC policy. */
export async function checkBimi(
  domain: string,
  { query, dmarc, now }: { query: DnsQuery; dmarc: DmarcCheck; now: () => Date },
): Promise<Check> {
  const answer = await query(`default._bimi.${domain}`, 'TXT');
  if (answer.kind === 'failed')
    return createCheck(
      'unknown',
      [],
      [reportUnanswered('bimi.unanswered', 'BIMI', answer.reason)],
      now,
    );
  const text = getRecords(answer).find((record) => /^v=BIMI1\s*(;|$)/i.test(record));
  if (text === undefined)
    return createCheck(
      'missing',
      [],
      [info('bimi.missing', 'There is no BIMI record, so that receivers show no logo.')],
      now,
    );
  const logo = parseTags(text).get('l') ?? '';
  if (logo === '')
    return createCheck(
      'not_applicable',
      [text],
      [info('bimi.declined', 'The domain says that it has no logo to show.')],
      now,
    );
  if (!/^https:\/\/\S+$/i.test(logo))
    return createCheck(
      'bad',
      [text],
      [
        error(
          'bimi.bad_logo',
          "The logo's address does not begin with https://, so that receivers do not fetch it. Correct it.",
        ),
      ],
      now,
    );
  if (dmarc.verdict === 'unknown')
    return createCheck(
      'unknown',
      [text],
      [
        info(
          'bimi.policy_unknown',
          'Whether the DMARC policy lets receivers show the logo could not be found out.',
        ),
      ],
      now,
    );
  const enforced = dmarc.policy === 'quarantine' || dmarc.policy === 'reject';
  return enforced
    ? createCheck('good', [text], [], now)
    : createCheck(
        'weak',
        [text],
        [
          warning(
            'bimi.policy',
            'There is a logo, and receivers show it only under the DMARC policy quarantine or reject.',
          ),
        ],
        now,
      );
}
