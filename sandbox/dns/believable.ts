import { randomFrom, type Random } from '../kit/random.ts';
import { keyRecord } from './keys.ts';
import { NOWHERE } from './infrastructure.ts';
import type { NameRecords, Zone } from './zones.ts';

interface Mailboxes {
  weight: number;
  mx: (slug: string, domain: string) => [number, string][];
  includes: string[];
  /** Who keeps the mailboxes: decides on DKIM and autodiscover. */
  backend: 'microsoft' | 'google' | 'other' | 'none';
}

const google: [number, string][] = [
  [1, 'aspmx.l.google.com'],
  [5, 'alt1.aspmx.l.google.com'],
  [5, 'alt2.aspmx.l.google.com'],
  [10, 'alt3.aspmx.l.google.com'],
  [10, 'alt4.aspmx.l.google.com'],
];

/** In about the shares in which smaller companies of North America keep their mail. */
const kinds: Mailboxes[] = [
  {
    weight: 34,
    mx: (slug) => [[0, `${slug}.mail.protection.outlook.com`]],
    includes: ['spf.protection.outlook.com'],
    backend: 'microsoft',
  },
  {
    weight: 4,
    mx: (slug) => [[0, `${slug}.k-v1.mx.microsoft`]],
    includes: ['spf.protection.outlook.com'],
    backend: 'microsoft',
  },
  { weight: 14, mx: () => google, includes: ['_spf.google.com'], backend: 'google' },
  {
    weight: 8,
    mx: () => [[1, 'smtp.google.com']],
    includes: ['_spf.google.com'],
    backend: 'google',
  },
  {
    weight: 6,
    mx: (slug) => [
      [10, `mxa-${slug}.gslb.pphosted.com`],
      [10, `mxb-${slug}.gslb.pphosted.com`],
    ],
    includes: ['spf-a.pphosted.com', 'spf.protection.outlook.com'],
    backend: 'microsoft',
  },
  {
    weight: 4,
    mx: () => [
      [10, 'us-smtp-inbound-1.mimecast.com'],
      [10, 'us-smtp-inbound-2.mimecast.com'],
    ],
    includes: ['_netblocks.mimecast.com', 'spf.protection.outlook.com'],
    backend: 'microsoft',
  },
  {
    weight: 2,
    mx: (slug) => [[10, `${slug}.ess.barracudanetworks.com`]],
    includes: ['spf.ess.barracudanetworks.com', '_spf.google.com'],
    backend: 'google',
  },
  {
    weight: 7,
    mx: () => [
      [0, 'smtp.secureserver.net'],
      [10, 'mailstore1.secureserver.net'],
    ],
    includes: ['secureserver.net'],
    backend: 'other',
  },
  {
    weight: 4,
    mx: () => [
      [10, 'mx.zoho.com'],
      [20, 'mx2.zoho.com'],
    ],
    includes: ['zoho.com'],
    backend: 'other',
  },
  {
    weight: 3,
    mx: () => [
      [10, 'mx1.emailsrvr.com'],
      [20, 'mx2.emailsrvr.com'],
    ],
    includes: ['emailsrvr.com'],
    backend: 'other',
  },
  {
    weight: 2,
    mx: () => [
      [10, 'in1-smtp.messagingengine.com'],
      [20, 'in2-smtp.messagingengine.com'],
    ],
    includes: ['spf.messagingengine.com'],
    backend: 'other',
  },
  { weight: 8, mx: (_slug, domain) => [[10, `mail.${domain}`]], includes: [], backend: 'other' },
  { weight: 2, mx: () => [[0, '.']], includes: [], backend: 'none' },
];

/** Whoever never removes a sender ends beyond the ten lookups that SPF allows. */
const everySender = [
  '_spf.google.com',
  'zoho.com',
  'emailsrvr.com',
  'spf.messagingengine.com',
  'spf.ess.barracudanetworks.com',
  'sendgrid.net',
  'servers.mcsv.net',
  'mail.zendesk.com',
];

/** One in so many domains is gone, and one in so many has name servers that do not answer. */
const GONE = 50;
const SILENT = 80;

/** The records of a made-up but believable company: the same ones for the same domain and seed. */
export function zoneFor(domain: string, seed: string): Zone {
  const random = randomFrom(seed, 'dns', domain);
  const fate = random.next();
  if (fate < 1 / GONE) return {};
  if (fate < 1 / GONE + 1 / SILENT) return { [domain]: { fault: 'no_answer' } };
  const kind = random.weighted(
    kinds,
    kinds.map(({ weight }) => weight),
  );
  const slug = domain.replaceAll('.', '-');
  const txt = [...buildSpf(kind, random), ...verifications(random)];
  return {
    [domain]: { a: [NOWHERE], mx: kind.mx(slug, domain), ...(txt.length > 0 && { txt }) },
    [`www.${domain}`]: { cname: domain },
    [`mail.${domain}`]: { a: [NOWHERE] },
    ...buildDkim(domain, slug, kind, random),
    ...buildDmarc(domain, kind, random),
    ...(kind.backend === 'none' ? {} : buildExtras(domain, random)),
  };
}

function buildSpf({ includes, backend }: Mailboxes, random: Random): string[] {
  if (backend === 'none') return ['v=spf1 -all'];
  if (random.chance(0.08)) return [];
  const senders = [
    'sendgrid.net',
    'servers.mcsv.net',
    'mail.zendesk.com',
    '1234567.spf03.hubspotemail.net',
  ].filter(() => random.chance(0.22));
  const stale = random.chance(0.03) ? ['_spf.old-newsletter.example'] : [];
  const hoarded = random.chance(0.04) ? everySender : [];
  const names = new Set([...includes, ...senders, ...stale, ...hoarded]);
  const body = [
    ...(includes.length === 0 ? ['mx', 'a'] : []),
    ...[...names].map((name) => `include:${name}`),
  ].join(' ');
  const all = random.weighted(['-all', '~all', '?all', '+all'], [38, 52, 8, 2]);
  const record = `v=spf1 ${body} ${all}`;
  return random.chance(0.03) ? [record, 'v=spf1 a mx ~all'] : [record];
}

function verifications(random: Random): string[] {
  const code = () => random.int(100_000_000, 999_999_999);
  return [
    `google-site-verification=${code()}`,
    `MS=ms${code()}`,
    `facebook-domain-verification=${code()}`,
  ].filter(() => random.chance(0.4));
}

function buildDkim(domain: string, slug: string, { backend }: Mailboxes, random: Random): Zone {
  const signs = random.chance(0.66);
  const key = random.weighted(['rsa2048', 'rsa1024'] as const, [75, 25]);
  const company = domain.split('.')[0] ?? domain;
  const zone: Zone = {};
  if (backend === 'microsoft')
    zone[`autodiscover.${domain}`] = { cname: 'autodiscover.outlook.com' };
  if (backend === 'microsoft' && signs)
    for (const selector of ['selector1', 'selector2'])
      zone[`${selector}._domainkey.${domain}`] = {
        cname: `${selector}-${slug}._domainkey.${company}.onmicrosoft.com`,
      };
  if (backend === 'google' && signs)
    zone[`google._domainkey.${domain}`] = { txt: [keyRecord(key)] };
  if (backend === 'other' && signs)
    zone[`${random.pick(['default', 'mail', 'dkim', 's2026'])}._domainkey.${domain}`] = {
      txt: [keyRecord(key)],
    };
  if (backend !== 'none' && random.chance(0.15))
    zone[`k1._domainkey.${domain}`] = { txt: [keyRecord('rsa2048')] };
  return zone;
}

function buildDmarc(domain: string, { backend }: Mailboxes, random: Random): Zone {
  if (backend === 'none') return { [`_dmarc.${domain}`]: { txt: ['v=DMARC1; p=reject'] } };
  const policy = random.weighted(['none', 'quarantine', 'reject', ''], [34, 16, 13, 37]);
  if (policy === '') return {};
  const reports = random.weighted(
    [`; rua=mailto:dmarc@${domain}`, '; rua=mailto:inbox@reports.example', ''],
    [50, 30, 20],
  );
  const further = random.weighted(
    ['', '; pct=100', '; sp=none', '; t=y', '; adkim=s; aspf=s'],
    [66, 18, 8, 3, 5],
  );
  return { [`_dmarc.${domain}`]: { txt: [`v=DMARC1; p=${policy}${further}${reports}`] } };
}

function buildExtras(domain: string, random: Random): Zone {
  const zone: Record<string, NameRecords> = {};
  if (random.chance(0.06)) zone[`_mta-sts.${domain}`] = { txt: ['v=STSv1; id=20260301000000'] };
  if (random.chance(0.08))
    zone[`_smtp._tls.${domain}`] = { txt: [`v=TLSRPTv1; rua=mailto:tls@${domain}`] };
  if (random.chance(0.04))
    zone[`default._bimi.${domain}`] = { txt: [`v=BIMI1; l=https://www.${domain}/logo.svg`] };
  return zone;
}
