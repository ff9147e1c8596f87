import { hash32, randomFrom } from '../kit/random.ts';
import { dateTime } from '../kit/clock.ts';
import type { AccountIdentity, AccountSpec, ClientTetherAccount, Lookups } from './account.ts';
import { DAY, wholeSecond } from './calendar.ts';
import {
  formatClientId,
  formatOpportunityId,
  opportunityOfClient,
  type Character,
  type LifeEvent,
} from './life-events.ts';
import { planLife } from './life.ts';
import { fullName } from './person.ts';
import { ACTION_PLANS, FIRST_NAMES, LAST_NAMES, STAGES } from './sample-values.ts';

export interface LivingOptions extends AccountIdentity {
  seed: string | number;
  /** Leads that have arrived by `now`. */
  clients: number;
  /**
   * The instant of that count (epoch ms). Give a constant, or rows differ from one start to the
   * next.
   */
  now: number;
  /**
   * Days between the first lead and `now`; default 300. The last days bring the most leads, and so
   * it goes on.
   */
  historyDays?: number;
  /** Lead sources with weights. */
  sources?: Record<string, number>;
  progress?: number;
  noteRate?: number;
  fees?: number[];
  restingStages?: string[];
  users?: number;
}

export const DEFAULT_SOURCES: Record<string, number> = {
  Website: 22,
  'Google Ads': 14,
  'Facebook Ads': 10,
  'Franchise Portal - OwnerPath': 16,
  'Franchise Portal - BizScout': 9,
  'Broker Network - Northstar Advisors': 12,
  'Broker Network - Keystone Match': 7,
  Referral: 6,
  'Existing Franchisee': 3,
  'Expo - Franchise Days': 4,
  LinkedIn: 3,
  Podcast: 1,
};

/** Growth: the share of time passed when a share x of the leads has arrived is x to this power. */
const GROWTH = 0.75;

/**
 * An account of believable franchise development that keeps living: leads arrive, stages move,
 * notes are written, calls are booked. Its rows are a function of (seed, time): a restart, or other
 * steps on the way, give the same rows with the same ids.
 */
export function livingAccount(options: LivingOptions): AccountSpec {
  const character = buildCharacter(options);
  return {
    ...options,
    content: () => ({ lookups: character.lookups, findOpportunityId: opportunityOfClient }),
    populate: (account) => {
      const stream = new EventStream(options, character);
      return (now) => stream.upTo(now, (event) => apply(account, character, event));
    },
  };
}

/** Hands out all events of all leads in one fixed order, each once. */
class EventStream {
  readonly #options: LivingOptions;
  readonly #character: Character;
  /** Latest first, so that the next event is at the end. */
  #pending: LifeEvent[] = [];
  #arrived = 0;
  #nextArrival: number;

  constructor(options: LivingOptions, character: Character) {
    this.#options = options;
    this.#character = character;
    this.#nextArrival = computeArrival(options, 0);
  }

  upTo(now: number, use: (event: LifeEvent) => void): void {
    if (this.#nextArrival <= now) this.#admit(now);
    for (let next = this.#pending.at(-1); next && next.at <= now; next = this.#pending.at(-1)) {
      this.#pending.pop();
      use(next);
    }
  }

  #admit(now: number): void {
    for (
      ;
      this.#nextArrival <= now;
      this.#nextArrival = computeArrival(this.#options, this.#arrived)
    ) {
      this.#pending.push(...planLife(this.#character, this.#arrived++, this.#nextArrival));
    }
    this.#pending.sort((a, b) => b.at - a.at || b.lead - a.lead || b.seq - a.seq);
  }
}

/**
 * When lead `i` arrives, epoch ms: strictly later than lead i - 1, denser towards `now`, mostly in
 * the American day.
 */
export function computeArrival(
  { seed, clients, now, historyDays = 300 }: LivingOptions,
  i: number,
): number {
  const position = (i + 0.02 + 0.9 * randomFrom(seed, 'arrival', i).next()) / Math.max(1, clients);
  const span = historyDays * DAY;
  const linear =
    position <= 1 ? now - span + span * position ** GROWTH : now + span * GROWTH * (position - 1);
  return wholeSecond(crowdIntoDaytime(linear));
}

/** Monotone within each day, so that the order of arrivals stays. The crest is at 18:00 UTC. */
function crowdIntoDaytime(at: number): number {
  const days = at / DAY - 0.25;
  const fraction = days - Math.floor(days);
  return (
    (Math.floor(days) +
      fraction +
      (0.8 * Math.sin(2 * Math.PI * fraction)) / (2 * Math.PI) +
      0.25) *
    DAY
  );
}

/** Rows that a test has deleted are skipped: their life goes on unseen. */
function apply(
  account: ClientTetherAccount,
  character: Character,
  { at, lead, what }: LifeEvent,
): void {
  const clientId = formatClientId(character, lead);
  const last_modified_date = dateTime(at);
  switch (what.kind) {
    case 'arrive':
      return account.clients.add(what.row);
    case 'open':
      return void (account.clients.get(clientId) && account.opportunities.add(what.row));
    case 'stage': {
      account.clients.update(clientId, { clients_sales_cycle: what.stage, last_modified_date });
      const likelihood = what.likelihood === undefined ? {} : { likelihood: what.likelihood };
      return void account.opportunities.update(formatOpportunityId(character, lead), {
        contact_sales_cycle: what.stage,
        last_modified_date,
        ...likelihood,
      });
    }
    case 'note':
      if (account.clients.update(clientId, { last_modified_date })) account.notes.add(what.row);
      return;
    case 'plan':
      return account[what.table].add(what.row);
    case 'settle':
      return void account[what.table].update(what.id, { status: what.status });
  }
}

function buildCharacter(options: LivingOptions): Character {
  const {
    seed,
    sources = DEFAULT_SOURCES,
    progress = 0.8,
    noteRate = 0.65,
    fees = [39_500, 45_000, 49_500],
  } = options;
  const restingStages = options.restingStages ?? ['Future Interest'];
  const funnel = STAGES.filter((stage) => stage !== 'Future Interest');
  const mix = { leadSources: Object.keys(sources), weights: Object.values(sources) };
  const lookups: Lookups = {
    salesCycles: [...funnel, ...restingStages],
    leadSources: mix.leadSources,
    actionPlans: ACTION_PLANS,
    users: users(seed, options.users ?? 4),
  };
  return {
    seed,
    lookups,
    mix,
    progress,
    noteRate,
    fees,
    restingStages,
    funnel,
    idBase: (hash32(String(seed)) % 900) * 1_000,
  };
}

function users(seed: string | number, count: number): Lookups['users'] {
  const random = randomFrom(seed, 'users');
  return Array.from({ length: count }, () => {
    const person = { firstName: random.pick(FIRST_NAMES), lastName: random.pick(LAST_NAMES) };
    return {
      ...person,
      email: `${fullName(person)
        .toLowerCase()
        .replace(/[^a-z]+/g, '.')}@example.com`,
    };
  });
}
