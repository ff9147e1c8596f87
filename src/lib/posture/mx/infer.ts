import { getRecords } from '../findings.ts';
import type { DnsQuery, DnsAnswer } from '../resolver.ts';
import type { MailProvider, SpfCheck } from '../types.ts';
import { getOwn } from '../../platform/own.ts';

/** Which provider probably hosts the mailboxes behind a filter, and what suggests it. */
export interface Inference {
  provider: MailProvider | null;
  signs: string[];
  /** Some lookups failed, so the absence of signs proves nothing. */
  incomplete: boolean;
}

interface Sign {
  provider: MailProvider;
  sign: string;
}

/**
 * Infers the provider from other records, because the MX of a gateway says nothing about the
 * mailboxes: the senders that SPF allows, the targets of the DKIM selectors that Microsoft and
 * Google use, and the server that Outlook gets its settings from. The provider with the most signs
 * wins; a tie counts as unknown.
 */
export async function inferMailboxes(
  domain: string,
  spf: SpfCheck,
  query: DnsQuery,
): Promise<Inference> {
  const [first, second, google, autodiscover] = await Promise.all([
    query(`selector1._domainkey.${domain}`, 'CNAME'),
    query(`selector2._domainkey.${domain}`, 'CNAME'),
    query(`google._domainkey.${domain}`, 'TXT'),
    query(`autodiscover.${domain}`, 'CNAME'),
  ]);
  const signs = [
    ...findSpfSigns(spf),
    ...findSelectorSigns('selector1', first),
    ...findSelectorSigns('selector2', second),
    ...findGoogleKeySigns(google),
    ...findAutodiscoverSigns(autodiscover),
  ];
  const incomplete =
    spf.verdict === 'unknown' ||
    [first, second, google, autodiscover].some(({ kind }) => kind === 'failed');
  const provider = selectProvider(signs);
  return {
    provider,
    signs: signs.filter((sign) => sign.provider === provider).map(({ sign }) => sign),
    incomplete,
  };
}

function findSpfSigns({ includes }: SpfCheck): Sign[] {
  const known: Record<string, MailProvider> = {
    'spf.protection.outlook.com': 'microsoft_365',
    '_spf.google.com': 'google_workspace',
  };
  return includes.flatMap((name) => {
    const provider = getOwn(known, name);
    return provider ? [{ provider, sign: `SPF includes ${name}` }] : [];
  });
}

function findSelectorSigns(selector: string, answer: DnsAnswer<string>): Sign[] {
  const cname = getRecords(answer).find((name) =>
    /\.(onmicrosoft\.com|dkim\.mail\.microsoft)$/.test(name),
  );
  return cname === undefined
    ? []
    : [{ provider: 'microsoft_365', sign: `the DKIM selector ${selector} points to ${cname}` }];
}

function findGoogleKeySigns(answer: DnsAnswer<string>): Sign[] {
  return getRecords(answer).some((text) => /(^|;)\s*p=/.test(text))
    ? [{ provider: 'google_workspace', sign: 'the DKIM selector google has a key' }]
    : [];
}

function findAutodiscoverSigns(answer: DnsAnswer<string>): Sign[] {
  return getRecords(answer).includes('autodiscover.outlook.com')
    ? [{ provider: 'microsoft_365', sign: 'autodiscover points to autodiscover.outlook.com' }]
    : [];
}

function selectProvider(signs: readonly Sign[]): MailProvider | null {
  const counts = new Map<MailProvider, number>();
  for (const { provider } of signs) counts.set(provider, (counts.get(provider) ?? 0) + 1);
  const [best, next] = [...counts].toSorted(([, one], [, other]) => other - one);
  return best === undefined || best[1] === next?.[1] ? null : best[0];
}
