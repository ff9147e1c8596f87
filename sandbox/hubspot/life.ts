import { FIRST_NAMES, LAST_NAMES } from '../clienttether/sample-values.ts';
import {
  CITIES,
  COMPANY_KINDS,
  COMPANY_NAMES,
  NOTES,
  TASKS,
} from '../dynamics-365/sample-values.ts';
import { History, type HistoryEvent } from '../kit/history.ts';
import { randomFrom, type Random } from '../kit/random.ts';
import { DEAL_STAGES } from './pipelines.ts';
import type { HubSpotSpec } from './spec.ts';
import { toTime, type Properties, type Ref, type Store } from './store.ts';
import type { TypeName } from './types.ts';

const DAY = 86_400_000;

interface Owner {
  id: string;
  email: string;
  firstName: string;
  lastName: string;
  archived: boolean;
}

/** What one contact and all that follows from it work with. */
interface Story {
  index: number;
  random: Random;
  contact: Ref;
  company: Ref;
  owner: string;
  later(after: number, happen: (now: number) => void): void;
}

/**
 * What people do in an account: contacts come in, are called, become deals or are given up, and
 * deals go their way. Fixed by the seed.
 */
export class Life {
  readonly owners: Owner[];
  readonly #store: Store;
  readonly #spec: HubSpotSpec;
  readonly #history: History;

  constructor(store: Store, spec: HubSpotSpec) {
    this.#store = store;
    this.#spec = spec;
    this.#history = new History({ ...spec, stories: spec.contacts }, (index, at) =>
      this.#planEvents(index, at),
    );
    this.owners = [0, 1, 2, 3].map((index) => {
      const random = randomFrom(spec.seed, 'owner', index);
      const [firstName, lastName] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
      const id = String(70_000_000 + random.int(0, 999_999) * 10 + index);
      return {
        id,
        email: `owner${index}@agency.example`,
        firstName,
        lastName,
        archived: index > 2,
      };
    });
  }

  /** Plays all that has happened until `now`, in order. */
  until(now: number): void {
    this.#history.until(now);
  }

  #has = (type: TypeName): boolean => this.#spec.without?.includes(type) !== true;

  #planEvents(index: number, at: number): HistoryEvent[] {
    const random = randomFrom(this.#spec.seed, 'contact', index);
    const events: HistoryEvent[] = [];
    const story: Story = {
      index,
      random,
      contact: { type: 'contacts', id: '' },
      company: { type: 'companies', id: '' },
      owner: this.owners[index % this.owners.length]?.id ?? '',
      later: (after, happen) =>
        void events.push({
          at: at + after,
          key: `${String(index).padStart(8, '0')}/${String(events.length).padStart(4, '0')}`,
          happen: () => happen(at + after),
        }),
    };
    story.later(0, (now) => this.#arrive(story, now));
    const calledAfter = random.int(1, 10) * (DAY / 4);
    story.later(calledAfter, (now) => this.#call(story, now));
    const decidedAfter = calledAfter + random.int(2, 20) * DAY;
    if (random.chance(0.45)) this.#planDeal(story, decidedAfter);
    else if (random.chance(0.5))
      story.later(decidedAfter, (now) =>
        this.#change(story.contact, { hs_lead_status: 'UNQUALIFIED' }, now),
      );
    return events;
  }

  #arrive(story: Story, now: number): void {
    const { random, index, owner } = story;
    const [city, state, country] = random.pick(CITIES);
    const company = `${random.pick(COMPANY_NAMES)} ${random.pick(COMPANY_KINDS)}`;
    const domain = `${company.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.example`;
    const [firstname, lastname] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
    story.company.id = this.#store.insert(
      'companies',
      {
        name: company,
        domain,
        website: `https://www.${domain}`,
        industry: random.pick(['COMPUTER_SOFTWARE', 'LOGISTICS_AND_SUPPLY_CHAIN', null]),
        numberofemployees: String(random.int(3, 900)),
        annualrevenue: String(random.int(1, 400) * 100_000),
        city,
        country,
        hubspot_owner_id: owner,
      },
      now,
    ).id;
    const person: Properties = {
      firstname,
      lastname,
      email: `${firstname}.${lastname}${index}@${domain}`.toLowerCase().replaceAll(/[' ]/g, ''),
      phone: `+1 555 ${String(random.int(0, 9_999)).padStart(4, '0')}`,
      jobtitle: random.pick(['IT Manager', 'Owner', 'Office Manager', null]),
      company,
      website: null,
      city,
      state,
      associatedcompanyid: story.company.id,
      lifecyclestage: random.chance(0.85) ? 'lead' : 'subscriber',
      hs_lead_status: 'NEW',
      hs_analytics_source: random.pick(['ORGANIC_SEARCH', 'REFERRALS', 'OFFLINE']),
      hubspot_owner_id: owner,
    };
    if (person['lifecyclestage'] === 'lead') person['hs_lifecyclestage_lead_date'] = toTime(now);
    story.contact.id = this.#store.insert('contacts', person, now).id;
    this.#store.associate(story.contact, story.company, true);
    if (this.#has('leads') && random.chance(0.3)) this.#addLead(story, `${company} lead`, now);
  }

  #addLead({ contact, company, owner }: Story, name: string, now: number): void {
    const { id } = this.#store.insert(
      'leads',
      {
        hs_lead_name: name,
        hs_lead_type: 'NEW_BUSINESS',
        hs_lead_label: 'WARM',
        hs_pipeline: 'lead-pipeline-id',
        hs_pipeline_stage: 'new-stage-id',
        hs_primary_contact_id: contact.id,
        hubspot_owner_id: owner,
      },
      now,
    );
    this.#store.associate({ type: 'leads', id }, contact, true);
    this.#store.associate({ type: 'leads', id }, company, true);
  }

  #call({ random, contact, owner }: Story, now: number): void {
    this.#change(contact, { hs_lead_status: 'OPEN' }, now);
    const about = (type: TypeName, properties: Properties) => {
      if (!this.#isLive(contact)) return;
      const all = { hubspot_owner_id: owner, ...properties };
      const { id } = this.#store.insert(type, all, now);
      this.#store.associate({ type, id }, contact);
    };
    about('notes', {
      hs_timestamp: toTime(now),
      hs_note_body: `<p>${random.pick(NOTES)}</p>`,
    });
    about('tasks', {
      hs_timestamp: toTime(now + random.int(1, 12) * DAY),
      hs_task_subject: random.pick(TASKS),
      hs_task_status: 'NOT_STARTED',
      hs_task_type: random.pick(['TODO', 'CALL']),
    });
    if (!random.chance(0.4)) return;
    const start = now + random.int(1, 9) * DAY;
    about('meetings', {
      hs_timestamp: toTime(start),
      hs_meeting_start_time: toTime(start),
      hs_meeting_end_time: toTime(start + 3_600_000),
      hs_meeting_title: 'First meeting',
      hs_meeting_outcome: 'SCHEDULED',
    });
  }

  #planDeal(story: Story, decidedAfter: number): void {
    const { random, contact, later } = story;
    const deal: Ref = { type: 'deals', id: '' };
    const amount = random.int(4, 300) * 500;
    later(decidedAfter, (now) => this.#openDeal(story, deal, amount, now));
    let after = decidedAfter;
    for (const stage of DEAL_STAGES.slice(1, 4)) {
      after += random.int(3, 25) * DAY;
      later(after, (now) => this.#change(deal, stageOf(stage.id), now));
      if (random.chance(0.2)) break;
    }
    after += random.int(3, 30) * DAY;
    const isWon = random.chance(0.5);
    later(after, (now) => {
      this.#change(deal, stageOf(isWon ? 'closedwon' : 'closedlost'), now);
      if (isWon) this.#change(contact, { lifecyclestage: 'customer' }, now);
    });
  }

  #openDeal({ contact, company, owner, random }: Story, deal: Ref, amount: number, now: number) {
    if (!this.#isLive(contact)) return;
    this.#change(contact, { lifecyclestage: 'opportunity', hs_lead_status: 'OPEN_DEAL' }, now);
    deal.id = this.#store.insert(
      'deals',
      {
        dealname: `Deal ${random.int(1_000, 9_999)}`,
        amount: `${amount}.00`,
        amount_in_home_currency: `${amount}.00`,
        deal_currency_code: 'USD',
        pipeline: 'default',
        closedate: toTime(now + 40 * DAY),
        hs_analytics_source: 'OFFLINE',
        hubspot_owner_id: owner,
        ...stageOf('appointmentscheduled'),
      },
      now,
    ).id;
    this.#store.associate(deal, company, true);
    this.#store.associate(deal, contact);
  }

  #isLive({ type, id }: Ref): boolean {
    return this.#store.find(type, id)?.archivedAt === null;
  }

  /** What somebody has archived or merged is not changed any more. */
  #change(ref: Ref, properties: Properties, now: number): void {
    if (this.#isLive(ref)) this.#store.update(ref.type, ref.id, properties, now);
  }
}

/** The properties that HubSpot derives from the stage of a deal. */
function stageOf(id: string): Properties {
  const metadata = DEAL_STAGES.find((stage) => stage.id === id)?.metadata;
  const probability = metadata?.['probability'] ?? '0';
  const isClosed = metadata?.['isClosed'] ?? 'false';
  return {
    dealstage: id,
    hs_deal_stage_probability: probability,
    hs_is_closed: isClosed,
    hs_is_closed_won: String(isClosed === 'true' && probability === '1.0'),
  };
}
