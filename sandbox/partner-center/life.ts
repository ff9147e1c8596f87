import { guidFrom, hash32, randomFrom, type Random } from '../kit/random.ts';
import { COMPANIES, PARTNERS, PEOPLE, SIZES, WORK } from './sample-values.ts';

export type Referral = Record<string, unknown> & {
  id: string;
  createdDateTime: string;
  updatedDateTime: string;
};

const DAY = 86_400_000;
/** How long an incoming referral may go unanswered. */
const EXPIRES_MS = 14 * DAY;

interface Step {
  at: number;
  status: string;
  substatus: string;
}

type Category = 'marketplace' | 'qualified' | 'co-sell' | 'shared';

/**
 * The `index`-th referral of an account as it is at `now`: what happens to it is fixed by the seed.
 */
export function referralAt(seed: string, index: number, createdAt: number, now: number): Referral {
  const random = randomFrom(seed, 'referral', index);
  const id = guidFrom(seed, 'referral', index);
  const category: Category = random.weighted(
    ['marketplace', 'qualified', 'co-sell', 'shared'],
    [3, 3, 3, 2],
  );
  const steps = planSteps(random, createdAt, category === 'shared');
  const step = steps.findLast(({ at }) => at <= now) ?? steps[0];
  if (step === undefined) throw new Error('a referral without a beginning');
  const [company, domain, country, currency] = random.pick(COMPANIES);
  const contact = buildContact(random, domain);
  return {
    id,
    engagementId: guidFrom(seed, 'engagement', index),
    organizationId: 'org-own',
    organizationName: 'Own Partner',
    name: `${random.pick(WORK)} for ${company}`,
    externalReferenceId: '',
    createdDateTime: instant(createdAt),
    updatedDateTime: instant(step.at),
    expirationDateTime: instant(createdAt + EXPIRES_MS),
    status: step.status,
    substatus: step.substatus,
    statusReason: null,
    ...describeCategory(category),
    quality: 'None',
    isSpam: false,
    mpnId: '4391227',
    tags: [],
    target: [{ type: 'SolutionProfile', id: 'profile-1' }],
    customerProfile: buildCustomerProfile(random, { seed, company, country, contact }),
    consent: buildConsent(category),
    details: buildDetails(random, createdAt, currency),
    team: [],
    inviteContext: {
      notes: '',
      assistanceRequestCode: null,
      invitedBy: pickInviter(category, random),
    },
    lastModifiedVia: 'Api',
    eTag: formatEtag(id, step.at),
    links: { self: { uri: `/v1.0/engagements/referrals/${id}`, method: 'GET' } },
  };
}

function buildContact(random: Random, domain: string) {
  const [firstName = '', lastName = ''] = random.pick(PEOPLE).split(' ');
  const host = random.chance(0.12)
    ? 'outlook.com'
    : `mail.${domain.replace('.example', '-group.com')}`;
  return {
    firstName,
    lastName,
    phoneNumber: '',
    email: `${`${firstName}.${lastName}`.toLowerCase()}@${host}`,
    contactPreference: { locale: 'en-US', disableNotifications: false },
  };
}

function buildCustomerProfile(
  random: Random,
  given: {
    seed: string;
    company: string;
    country: string;
    contact: ReturnType<typeof buildContact>;
  },
) {
  return {
    name: given.company,
    address: {
      addressLine1: '1 Example Street',
      addressLine2: '',
      city: 'Sampleton',
      state: '',
      postalCode: '10000',
      country: given.country,
      region: null,
    },
    size: random.pick(SIZES),
    team: random.chance(0.05) ? [] : [given.contact],
    ids: random.chance(0.4) ? { azureTenantId: guidFrom(given.seed, 'tenant', given.company) } : {},
  };
}

function buildConsent(category: Category) {
  return {
    consentToContact: true,
    consentToToShareInfoWithOthers: true,
    consentToShareReferralWithMicrosoftSellers: category !== 'marketplace',
  };
}

function buildDetails(random: Random, createdAt: number, currency: string) {
  return {
    notes: '',
    dealValue: random.chance(0.15) ? null : random.int(2, 400) * 500,
    currency,
    closingDateTime: instant(createdAt + 90 * DAY),
    customerAction: 'ContactMe',
  };
}

/** The quotes are part of the value. */
export function formatEtag(id: string, at: number): string {
  const head = hash32(`${id}/${at}`).toString(16).padStart(8, '0');
  const tail = (at % 0xffffffffffff).toString(16).padStart(12, '0');
  return `"${head}-0000-0000-0000-${tail}"`;
}

/** With seven digits of a second, as the wire has them. */
export function instant(at: number): string {
  return new Date(at).toISOString().replace('Z', '0000Z');
}

function planSteps(random: Random, createdAt: number, outgoing: boolean): Step[] {
  const steps: Step[] = [
    {
      at: createdAt,
      status: outgoing ? 'Active' : 'New',
      substatus: outgoing ? 'Accepted' : 'Received',
    },
  ];
  const answeredAt = createdAt + random.int(1, 20) * (DAY / 2);
  if (!outgoing && random.chance(0.15))
    return [...steps, { at: createdAt + EXPIRES_MS, status: 'Closed', substatus: 'Expired' }];
  if (!outgoing && random.chance(0.15))
    return [...steps, { at: answeredAt, status: 'Closed', substatus: 'Declined' }];
  if (!outgoing) steps.push({ at: answeredAt, status: 'Active', substatus: 'Accepted' });
  return [
    ...steps,
    {
      at: answeredAt + random.int(15, 90) * DAY,
      status: 'Closed',
      substatus: random.chance(0.45) ? 'Won' : 'Lost',
    },
  ];
}

function describeCategory(category: Category) {
  const incoming = {
    direction: 'Incoming',
    type: 'Independent',
    callToAction: 'ContactMe',
    referralSource: 'MicrosoftSolutionProviders',
  };
  if (category === 'marketplace') return { ...incoming, qualification: 'Direct' };
  if (category === 'qualified') return { ...incoming, qualification: 'MarketingQualified' };
  return category === 'co-sell'
    ? { ...incoming, qualification: 'SalesQualified' }
    : { ...incoming, direction: 'Outgoing', type: 'Shared', qualification: 'SalesQualified' };
}

function pickInviter(category: Category, random: Random) {
  if (category === 'shared') return null;
  const [organizationId, organizationName] =
    category === 'co-sell' ? random.pick(PARTNERS) : (['msft', 'Microsoft'] as const);
  return { organizationId, organizationName };
}
