import { z } from 'zod';

const wholeNumber = (title: string, fallback: number, description: string, max = 100) =>
  z
    .int('Enter a whole number.')
    .min(0, 'Enter 0 or more.')
    .max(max, `Enter ${max} at most.`)
    .default(fallback)
    .meta({ title, description });

/**
 * What a score is made of. Readiness is the share of the points to be had that a domain has, from 0
 * to 100, less its risks and plus its boosts; what could not be found out takes no part in the
 * share. The defaults are version 0: DMARC weighs most and the rare signals little, as in the
 * public scores that were compared (MailShield, dmarcguard, mailparse.dev).
 */
export const weightsSchema = z.object({
  signals: z
    .object({
      spf: wholeNumber('SPF', 20, 'Which servers may send in its name (RFC 7208).'),
      dkim: wholeNumber(
        'DKIM',
        15,
        'Signed mail. A key that is not found is unknown and takes no part.',
      ),
      dmarc: wholeNumber('DMARC', 25, 'What receivers do with mail that is forged (RFC 9989).'),
      mx: wholeNumber('Mail servers (MX)', 15, 'That mail for it arrives somewhere.'),
      mtaSts: wholeNumber('MTA-STS', 10, 'Encrypted delivery, demanded by a policy.'),
      tlsRpt: wholeNumber('TLS reports', 10, 'Asks to be told of failed encryption.'),
      bimi: wholeNumber('BIMI', 5, 'Shows its logo next to its mail.'),
    })
    .prefault({})
    .refine(
      (signals) => Object.values(signals).some((points) => points > 0),
      'At least one signal must weigh something.',
    ),
  weak: z
    .object({
      share: wholeNumber(
        'Share of a weak signal, %',
        50,
        'What of its points a signal gets that is there with something to mend.',
      ),
    })
    .prefault({}),
  risks: z
    .object({
      spfOpen: wholeNumber('SPF lets anybody send', 10, 'It ends in +all or ?all, or in nothing.'),
      spfBroken: wholeNumber('SPF is broken', 5, 'Receivers cannot evaluate it.'),
      noDmarc: wholeNumber('No DMARC', 10, 'Anybody can forge its mail.'),
      dmarcLax: wholeNumber('DMARC does not protect', 5, 'Its policy is none, or under test.'),
      dkimUnsafe: wholeNumber('Unsafe DKIM key', 5, 'A key is revoked, under test or too short.'),
    })
    .prefault({}),
  boosts: z
    .object({
      coSell: wholeNumber('Co-sell referral', 10, 'A deal that Microsoft shares with us.'),
      marketplace: wholeNumber(
        'Marketplace referral',
        5,
        'A customer from the commercial marketplace.',
      ),
      solutionProvider: wholeNumber(
        'Solution provider referral',
        5,
        'A customer whom Microsoft or a partner sent.',
      ),
    })
    .prefault({}),
  segments: z
    .object({
      known: wholeNumber(
        'Known at least, %',
        40,
        'Below this share of the signals, by their weights, a company is Cold.',
      ),
      cold: wholeNumber('Cold below', 15, 'Companies that score less are Cold.'),
    })
    .prefault({}),
  priorities: z
    .object({
      migration: wholeNumber(
        'Priority 1 from',
        60,
        'Migration from this score on; below it, priority 2.',
      ),
      existing: wholeNumber(
        'Priority 3 from',
        70,
        'Existing from this score on; below it, priority 4.',
      ),
      cold: wholeNumber(
        'Priority 5 from',
        40,
        'Cold from this score on; below it, and for Skip, priority 6.',
      ),
    })
    .prefault({}),
  sizes: z
    .object({
      small: wholeNumber('Small up to', 50, 'People whom the company employs.', 1_000_000),
      medium: wholeNumber('Medium up to', 1000, 'More than this is large.', 10_000_000),
    })
    .prefault({})
    .refine(({ small, medium }) => small < medium, {
      path: ['medium'],
      message: 'Medium goes further than small.',
    }),
});

export type Weights = z.output<typeof weightsSchema>;
export type SignalKey = keyof Weights['signals'];

/** The weights of one version, as a score names it. */
export interface Model {
  version: number;
  weights: Weights;
}

/** The weights of a workspace that has none of its own. */
export const defaultModel: Model = { version: 0, weights: weightsSchema.parse({}) };

/** The order in which signals are told. */
export const signalOrder: readonly SignalKey[] = [
  'spf',
  'dkim',
  'dmarc',
  'mx',
  'mtaSts',
  'tlsRpt',
  'bimi',
];
