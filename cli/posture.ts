import { getProviderLabel } from '../src/lib/posture/mx/providers.ts';
import type { Check, Evidence, MxCheck, Verdict } from '../src/lib/posture/types.ts';

const verdicts: Record<Verdict, string> = {
  good: 'good',
  weak: 'weak',
  bad: 'invalid',
  missing: 'missing',
  unknown: 'unknown',
  not_applicable: 'not needed',
};

/** Formats the evidence of a scan as lines of plain text. */
export function formatEvidence({
  domain,
  exists,
  mx,
  spf,
  dkim,
  dmarc,
  mtaSts,
  tlsRpt,
  bimi,
  ttlSeconds,
}: Evidence): string[] {
  const there =
    exists === true
      ? ''
      : exists === false
        ? ' The domain does not exist.'
        : ' Whether it exists could not be determined.';
  const policy =
    dmarc.policy === null
      ? []
      : [
          'effective policy: ' +
            `${dmarc.policy}${dmarc.foundAt === domain ? '' : `, from ${dmarc.foundAt}`}`,
        ];
  const found = dkim.selectors.map(
    ({ selector, keyType, bits }) =>
      `${selector}: ${keyType}${bits === null ? '' : `, ${bits} bits`}`,
  );
  return [
    `${domain}: ${formatMailboxes(mx)}.${there}`,
    ...formatCheck('MX', mx, mx.records),
    ...formatCheck('SPF', spf, [
      ...spf.records,
      ...(spf.records.length > 0 ? [`${spf.lookups} of 10 lookups`] : []),
    ]),
    ...formatCheck('DKIM', dkim, found),
    ...formatCheck('DMARC', dmarc, [...dmarc.records, ...policy]),
    ...formatCheck('MTA-STS', mtaSts, mtaSts.records),
    ...formatCheck('TLS reporting', tlsRpt, tlsRpt.records),
    ...formatCheck('BIMI', bimi, bimi.records),
    `Valid for ${ttlSeconds / 3600} hours.`,
  ];
}

function formatMailboxes({ nullMx, gateway, provider, certainty }: MxCheck): string {
  if (nullMx) return 'receives no mail';
  const likely = certainty === 'inferred' ? 'likely ' : '';
  const mailboxes =
    provider === null
      ? 'mailboxes at an unknown provider'
      : `mailboxes ${likely}at ${getProviderLabel(provider)}`;
  return gateway === null ? mailboxes : `${mailboxes}, behind ${getProviderLabel(gateway)}`;
}

function formatCheck(
  name: string,
  { verdict, findings }: Check,
  facts: readonly string[],
): string[] {
  return [
    `${name.padEnd(14)} ${verdicts[verdict]}`,
    ...facts.map((fact) => `    ${fact}`),
    ...findings.map(({ severity, message }) => `  ${severity === 'info' ? '-' : '!'} ${message}`),
  ];
}
