import type { Check, Evidence, Verdict } from '#lib/posture/types.ts';

const at = '2026-11-20T08:00:00.000Z';

export function check(verdict: Verdict, more: Partial<Check> = {}): Check {
  return { verdict, records: [], findings: [], checkedAt: at, ...more };
}

type Parts = {
  [Key in keyof Evidence]?: Evidence[Key] extends object ? Partial<Evidence[Key]> : Evidence[Key];
};

/** Evidence of a domain at Microsoft 365 with everything in order, but for what is given. */
export function evidence(parts: Parts = {}): Evidence {
  return {
    version: 1,
    domain: 'example.com',
    scannedAt: at,
    ttlSeconds: 3600,
    exists: true,
    ...plain(parts),
    mx: {
      ...check('good'),
      hosts: [{ host: 'example-com.mail.protection.outlook.com', preference: 0 }],
      nullMx: false,
      gateway: null,
      provider: 'microsoft_365',
      certainty: 'certain',
      ...parts.mx,
    },
    spf: {
      ...check('good', { records: ['v=spf1 include:spf.protection.outlook.com -all'] }),
      lookups: 1,
      voidLookups: 0,
      all: 'fail',
      includes: ['spf.protection.outlook.com'],
      ...parts.spf,
    },
    dkim: {
      ...check('good'),
      selectors: [
        { selector: 'selector1', keyType: 'rsa', bits: 2048, revoked: false, testing: false },
      ],
      ...parts.dkim,
    },
    dmarc: {
      ...check('good', { records: ['v=DMARC1; p=reject'] }),
      foundAt: 'example.com',
      policy: 'reject',
      testing: false,
      reports: [],
      ...parts.dmarc,
    },
    mtaSts: { ...check('good'), mode: 'enforce', ...parts.mtaSts },
    tlsRpt: { ...check('good'), ...parts.tlsRpt },
    bimi: { ...check('good'), ...parts.bimi },
  };
}

const plain = ({ domain, exists, scannedAt, ttlSeconds }: Parts) =>
  Object.fromEntries(
    Object.entries({ domain, exists, scannedAt, ttlSeconds }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Partial<Pick<Evidence, 'domain' | 'exists' | 'scannedAt' | 'ttlSeconds'>>;
