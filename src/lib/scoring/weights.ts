import { z } from 'zod';

const wholeNumber = (title: string, fallback: number, description: string, max = 100) =>
  z
    .int('Enter a whole number.')
    .min(0, 'Enter 0 or more.')
    .max(max, `Enter ${max} at most.`)
    .default(fallback)
    .meta({ title, description });

/**
 * The weights of a score. Readiness is the points that a domain earns as a share of those it could
 * earn, from 0 to 100, where unknown signals do not count; the score is readiness less risks plus
 * boosts. The defaults are version 0: DMARC weighs most and rare signals little, as in the public
 * scores that were compared (MailShield, dmarcguard, mailparse.dev).
 */
export const weightsSchema = z.object({
  signals: z
    .object({
      spf: wholeNumber('SPF', 20, 'Which servers may send in its name (RFC 7208).'),
      dkim: wholeNumber(
        'DKIM',
        15,
        'Signed mail. If no key is found, DKIM is unknown and does not count.',
      ),
      dmarc: wholeNumber('DMARC', 25, 'What receivers do with forged mail (RFC 9989).'),
      mx: wholeNumber('Mail servers (MX)', 15, 'Whether a server receives its mail.'),
      mtaSts: wholeNumber('MTA-STS', 10, 'A policy that requires encrypted delivery.'),
      tlsRpt: wholeNumber('TLS reports', 10, 'Requests reports about failed encryption.'),
      bimi: wholeNumber('BIMI', 5, 'A logo shown next to its mail.'),
    })
    .prefault({})
    .refine(
      (signals) => Object.values(signals).some((points) => points > 0),
      'Give at least one signal a weight above 0.',
    ),
  weak: z
    .object({
      share: wholeNumber(
        'Share of a weak signal, %',
        50,
        'How much of its points a signal earns that is present but has flaws.',
      ),
    })
    .prefault({}),
  risks: z
    .object({
      spfOpen: wholeNumber('SPF allows any server', 10, 'It ends in +all or ?all, or without all.'),
      spfBroken: wholeNumber('SPF is broken', 5, 'Receivers cannot evaluate it.'),
      noDmarc: wholeNumber('No DMARC', 10, 'Anyone can forge its mail.'),
      dmarcLax: wholeNumber('DMARC does not protect', 5, 'Its policy is none, or in test mode.'),
      dkimUnsafe: wholeNumber('Unsafe DKIM key', 5, 'A key is revoked, in test mode or too short.'),
    })
    .prefault({}),
  boosts: z
    .object({
      coSell: wholeNumber('Co-sell referral', 10, 'A deal that Microsoft has shared with us.'),
      marketplace: wholeNumber(
        'Marketplace referral',
        5,
        'A customer from the commercial marketplace.',
      ),
      solutionProvider: wholeNumber(
        'Solution provider referral',
        5,
        'A customer referred by Microsoft or a partner.',
      ),
    })
    .prefault({}),
  segments: z
    .object({
      known: wholeNumber(
        'Known signals, at least %',
        40,
        'If a smaller share of the signals is known, by weight, a company is Cold.',
      ),
      cold: wholeNumber('Cold below', 15, 'Companies with a lower score are Cold.'),
    })
    .prefault({}),
  priorities: z
    .object({
      migration: wholeNumber(
        'Priority 1 from',
        60,
        'Migration with this score or more; below it, priority 2.',
      ),
      existing: wholeNumber(
        'Priority 3 from',
        70,
        'Existing with this score or more; below it, priority 4.',
      ),
      cold: wholeNumber(
        'Priority 5 from',
        40,
        'Cold with this score or more; below it, and for Skip, priority 6.',
      ),
    })
    .prefault({}),
  sizes: z
    .object({
      small: wholeNumber('Small up to', 50, 'Number of employees.', 1_000_000),
      medium: wholeNumber(
        'Medium up to',
        1000,
        'Companies with more employees are large.',
        10_000_000,
      ),
    })
    .prefault({})
    .refine(({ small, medium }) => small < medium, {
      path: ['medium'],
      message: 'Enter more than for small companies.',
    }),
});

export type Weights = z.output<typeof weightsSchema>;
export type SignalKey = keyof Weights['signals'];

/** One version of the weights. */
export interface Model {
  version: number;
  weights: Weights;
}

/** The weights of a workspace that has not saved its own. */
export const defaultModel: Model = { version: 0, weights: weightsSchema.parse({}) };

/** The signals in the order in which they are shown. */
export const signalOrder: readonly SignalKey[] = [
  'spf',
  'dkim',
  'dmarc',
  'mx',
  'mtaSts',
  'tlsRpt',
  'bimi',
];
