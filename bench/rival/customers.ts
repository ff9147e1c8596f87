/** The customers of a made-up Stripe account. The same number gives the same customer, always. */

const newest = Date.UTC(2026, 10, 1) / 1000;
/** One customer in a little over twenty minutes: seventy a day. */
const secondsApart = 1231;

const first = [
  'Ada',
  'Ben',
  'Carla',
  'Dinesh',
  'Elena',
  'Femi',
  'Grace',
  'Hiro',
  'Ines',
  'Jonas',
  'Kira',
  'Liam',
];
const last = [
  'Adler',
  'Brandt',
  'Costa',
  'Dubois',
  'Eriksen',
  'Fischer',
  'Garcia',
  'Hughes',
  'Ito',
  'Jensen',
  'Kowalski',
  'Larsen',
  'Moreau',
];
const cities = [
  ['Denver', 'CO'],
  ['Austin', 'TX'],
  ['Portland', 'OR'],
  ['Tampa', 'FL'],
  ['Boise', 'ID'],
] as const;
const sources = ['Website', 'Referral', 'Trade show', 'Cold call', 'Partner', 'Newsletter'];
const stages = ['New Lead', 'Contacted', 'Qualified', 'Proposal', 'Customer'];

const pick = <T>(values: readonly T[], n: number): T => values[n % values.length] as T;

export const customerId = (place: number) => `cus_Bench${String(place).padStart(9, '0')}`;

/** The places in the list of the customers created within a span of seconds since 1970. */
export function placesWithin(created: { gte?: number; lte?: number }): {
  from: number;
  to: number;
} {
  const { gte = 0, lte = Number.POSITIVE_INFINITY } = created;
  return {
    from: Math.max(0, Math.ceil((newest - lte) / secondsApart)),
    to: Math.floor((newest - gte) / secondsApart),
  };
}

/**
 * The place in the list, newest first, of the customer with an id; undefined when it is none of
 * ours.
 */
export function parsePlace(id: string): number | undefined {
  const digits = /^cus_Bench(\d{9})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * The customer at a place in the list, with the fields of Stripe's API version 2020-08-27.
 * Source: https://docs.stripe.com/api/customers/object
 */
export function buildCustomer(place: number): object {
  const n = place * 7919 + 13;
  const name = `${pick(first, n)} ${pick(last, n + place)}`;
  const [city, state] = pick(cities, n);
  return {
    id: customerId(place),
    object: 'customer',
    address: {
      city,
      country: 'US',
      line1: `${(n % 900) + 100} Main Street`,
      line2: null,
      postal_code: String(10_000 + (n % 80_000)),
      state,
    },
    balance: 0,
    created: newest - place * secondsApart,
    currency: 'usd',
    default_source: null,
    delinquent: place % 50 === 0,
    description:
      `Asked for prices of ${(n % 40) + 1} seats. Wants to hear from us ` +
      'after the holidays, by e-mail rather than by telephone.',
    discount: null,
    email: `${name.toLowerCase().replace(' ', '.')}.${place}@example.test`,
    invoice_prefix: (n % 0xffffff).toString(16).toUpperCase().padStart(8, '0'),
    invoice_settings: {
      custom_fields: null,
      default_payment_method: null,
      footer: null,
      rendering_options: null,
    },
    livemode: false,
    metadata: {
      company: `${pick(last, n)} & ${pick(last, n + 5)} LLC`,
      source: pick(sources, n),
      stage: pick(stages, n + place),
      owner: pick(first, place),
      deal: String((n % 400) * 250),
    },
    name,
    next_invoice_sequence: 1,
    phone: `+1 303 555 ${String(n % 10_000).padStart(4, '0')}`,
    preferred_locales: ['en'],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
  };
}
