import { providerLabel } from '../src/lib/posture/mx/providers.ts';
import type { Check, Evidence, MxCheck, Verdict } from '../src/lib/posture/types.ts';

const verdicts: Record<Verdict, string> = {
  good: 'good',
  weak: 'to mend',
  bad: 'wrong',
  missing: 'missing',
  unknown: 'unknown',
  not_applicable: 'not needed',
};

/** What a scan found, in plain words, a line each. */
export function wordsOf({
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
        ? ' There is no such domain.'
        : ' Whether it exists could not be found out.';
  const policy =
    dmarc.policy === null
      ? []
      : [
          'policy in force: ' +
            `${dmarc.policy}${dmarc.foundAt === domain ? '' : `, by ${dmarc.foundAt}`}`,
        ];
  const found = dkim.selectors.map(
    ({ selector, keyType, bits }) =>
      `${selector}: ${keyType}${bits === null ? '' : `, ${bits} bits`}`,
  );
  return [
    `${domain}: ${mailboxesOf(mx)}.${there}`,
    ...lines('MX', mx, mx.records),
    ...lines('SPF', spf, [
      ...spf.records,
      ...(spf.records.length > 0 ? [`${spf.lookups} of 10 lookups`] : []),
    ]),
    ...lines('DKIM', dkim, found),
    ...lines('DMARC', dmarc, [...dmarc.records, ...policy]),
    ...lines('MTA-STS', mtaSts, mtaSts.records),
    ...lines('TLS reporting', tlsRpt, tlsRpt.records),
    ...lines('BIMI', bimi, bimi.records),
    `The answers hold for ${ttlSeconds / 3600} hours.`,
  ];
}

function mailboxesOf({ nullMx, gateway, provider, certainty }: MxCheck): string {
  if (nullMx) return 'receives no mail';
  const likely = certainty === 'inferred' ? 'likely ' : '';
  const mailboxes =
    provider === null
      ? 'mailboxes at an unknown place'
      : `mailboxes ${likely}at ${providerLabel(provider)}`;
  return gateway === null ? mailboxes : `${mailboxes}, behind ${providerLabel(gateway)}`;
}

function lines(name: string, { verdict, findings }: Check, facts: readonly string[]): string[] {
  return [
    `${name.padEnd(14)} ${verdicts[verdict]}`,
    ...facts.map((fact) => `    ${fact}`),
    ...findings.map(({ severity, message }) => `  ${severity === 'info' ? '-' : '!'} ${message}`),
  ];
}
