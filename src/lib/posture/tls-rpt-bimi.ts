import {
  conclude,
  concludeWithoutRecord,
  createCheck,
  error,
  getRecords,
  info,
  reportUnanswered,
  warning,
  type Conclusion,
} from './findings.ts';
import type { DnsAnswer, DnsQuery } from './resolver.ts';
import { describeNearMiss, findDuplicateTags, findNearMiss, parseTags } from './tags.ts';
import type { Check, DmarcCheck, MxCheck } from './types.ts';

/** Whether anybody receives reports about failed encryption (TLS reporting, RFC 8460). */
export async function checkTlsRpt(
  domain: string,
  { query, mx, now }: { query: DnsQuery; mx: MxCheck; now: () => Date },
): Promise<Check> {
  return createCheck(concludeTlsRpt(await query(`_smtp._tls.${domain}`, 'TXT'), mx), now);
}

function concludeTlsRpt(answer: DnsAnswer<string>, mx: MxCheck): Conclusion {
  const early = concludeWithoutRecord(answer, mx, {
    code: 'tls_rpt.unanswered',
    what: 'TLS reporting',
  });
  if (early !== undefined) return early;
  const records = getRecords(answer).filter(isTlsRpt);
  const [text, ...others] = records;
  if (text === undefined)
    return conclude(
      'missing',
      [],
      reportNoTlsRpt(findNearMiss(getRecords(answer), 'TLSRPTv1', isTlsRpt)),
    );
  return others.length === 0 && hasReportAddress(text)
    ? conclude('good', records)
    : conclude('bad', records, reportBadTlsRpt());
}

const isTlsRpt = (text: string): boolean => /^v=TLSRPTv1\s*(;|$)/.test(text);

function hasReportAddress(text: string): boolean {
  if (findDuplicateTags(text).length > 0) return false;
  return (parseTags(text).get('rua') ?? '')
    .split(',')
    .some((uri) => /^\s*(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)\s*$/i.test(uri));
}

const reportNoTlsRpt = (nearMiss: string | undefined) =>
  info(
    'tls_rpt.missing',
    'TLS reporting is not set up, so nobody learns when mail cannot be encrypted in transit.' +
      describeNearMiss(nearMiss, 'v=TLSRPTv1;'),
  );

const reportBadTlsRpt = () =>
  error(
    'tls_rpt.bad_record',
    'TLS reporting needs exactly one record with a report address (rua), so no reports are sent. ' +
      'Correct the record at _smtp._tls.',
  );

/** Whether receivers show the domain's logo (BIMI), which requires an enforced DMARC policy. */
export async function checkBimi(
  domain: string,
  { query, dmarc, now }: { query: DnsQuery; dmarc: DmarcCheck; now: () => Date },
): Promise<Check> {
  return createCheck(concludeBimi(await query(`default._bimi.${domain}`, 'TXT'), dmarc), now);
}

function concludeBimi(answer: DnsAnswer<string>, dmarc: DmarcCheck): Conclusion {
  if (answer.kind === 'failed')
    return conclude('unknown', [], reportUnanswered('bimi.unanswered', 'BIMI', answer.reason));
  const text = getRecords(answer).find((record) => /^v=BIMI1\s*(;|$)/i.test(record));
  if (text === undefined)
    return conclude(
      'missing',
      [],
      info('bimi.missing', 'There is no BIMI record, so receivers show no logo.'),
    );
  return concludeLogo(text, dmarc);
}

function concludeLogo(text: string, dmarc: DmarcCheck): Conclusion {
  const logo = parseTags(text).get('l') ?? '';
  if (logo === '')
    return conclude(
      'not_applicable',
      [text],
      info('bimi.declined', 'The domain declares that it has no logo.'),
    );
  if (!/^https:\/\/\S+$/i.test(logo)) return conclude('bad', [text], reportBadLogo());
  if (dmarc.verdict === 'unknown') return conclude('unknown', [text], reportUnknownPolicy());
  const isEnforced = dmarc.policy === 'quarantine' || dmarc.policy === 'reject';
  return isEnforced ? conclude('good', [text]) : conclude('weak', [text], reportUnenforced());
}

const reportBadLogo = () =>
  error(
    'bimi.bad_logo',
    'The address of the logo does not begin with https://, so receivers do not fetch it. ' +
      'Correct the address.',
  );

const reportUnknownPolicy = () =>
  info(
    'bimi.policy_unknown',
    'Whether receivers may show the logo is unknown because the DMARC policy is unknown.',
  );

const reportUnenforced = () =>
  warning(
    'bimi.policy',
    'The domain publishes a logo, but receivers only show it when the DMARC policy is ' +
      'quarantine or reject.',
  );
