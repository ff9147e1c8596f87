import {
  CITIES,
  COMPANY_KINDS,
  COMPANY_NAMES,
  NOTES,
  TASKS,
} from '../dynamics-365/sample-values.ts';
import { FIRST_NAMES, LAST_NAMES } from '../clienttether/sample-values.ts';
import { History, type HistoryEvent } from '../kit/history.ts';
import { randomFrom, type Random } from '../kit/random.ts';
import { convertLead } from './conversion.ts';
import { idFrom } from './ids.ts';
import type { ObjectName } from './objects.ts';
import { INDUSTRIES, SOURCES, STAGES } from './sample-values.ts';
import type { SalesforceSpec } from './spec.ts';
import { instant, type Row, type Store } from './store.ts';

const DAY = 86_400_000;
const USERS = 3;

type Then = (after: number, happen: (now: number) => void) => void;

/**
 * What people do in an organisation: leads come in, are called and converted, and opportunities go
 * their way. Fixed by the seed.
 */
export class Life {
  readonly #store: Store;
  readonly #spec: SalesforceSpec;
  readonly #history: History;

  constructor(store: Store, spec: SalesforceSpec, ids: { org: string; user: string }) {
    this.#store = store;
    this.#spec = spec;
    this.#history = new History({ ...spec, stories: spec.leads }, (index, at) =>
      this.#planEvents(index, at),
    );
    const begins = spec.countedOn - (spec.historyDays ?? 180) * DAY;
    store.insert('Organization', ids.org, { Name: spec.label }, begins);
    store.insert('User', ids.user, { Name: 'Integration User', IsActive: true }, begins);
    for (let index = 0; index < USERS; index += 1)
      store.insert(
        'User',
        this.#user(index),
        { Name: this.#userName(index), IsActive: true },
        begins,
      );
    for (const [index, stage] of STAGES.entries())
      store.insert('OpportunityStage', idFrom('OpportunityStage', spec.seed, index), stage, begins);
  }

  /** Plays all that has happened until `now`, in order. */
  until(now: number): void {
    this.#history.until(now);
  }

  #id(object: ObjectName, index: number): string {
    return idFrom(object, this.#spec.seed, index);
  }

  #user(index: number): string {
    return idFrom('User', this.#spec.seed, index % USERS);
  }

  #userName(index: number): string {
    return pickPerson(randomFrom(this.#spec.seed, 'user', index)).join(' ');
  }

  #planEvents(index: number, at: number): HistoryEvent[] {
    const random = randomFrom(this.#spec.seed, 'lead', index);
    const lead = this.#id('Lead', index);
    const events: HistoryEvent[] = [];
    const then: Then = (after, happen) =>
      events.push({
        at: at + after,
        key: `${index}/${events.length}`,
        happen: () => happen(at + after),
      });
    then(0, (now) => this.#store.insert('Lead', lead, this.#leadRow(random, index), now));
    const calledAfter = random.int(1, 10) * (DAY / 4);
    then(calledAfter, (now) => this.#change(lead, { Status: 'Working - Contacted' }, now));
    then(calledAfter, (now) => this.#activities(index, lead, random, now));
    then(calledAfter, (now) => this.#notes(index, lead, random, now));
    const decidedAfter = calledAfter + random.int(2, 20) * DAY;
    if (random.chance(0.45)) this.#deal(then, { index, lead, random, decidedAfter });
    else if (random.chance(0.5))
      then(decidedAfter, (now) => this.#change(lead, { Status: 'Closed - Not Converted' }, now));
    return events;
  }

  #deal(
    then: Then,
    {
      index,
      lead,
      random,
      decidedAfter,
    }: { index: number; lead: string; random: Random; decidedAfter: number },
  ): void {
    const ids = {
      account: this.#id('Account', index),
      contact: this.#id('Contact', index),
      opportunity: this.#id('Opportunity', index),
    };
    const amount = random.int(4, 300) * 500;
    then(decidedAfter, (now) => convertLead(this.#store, lead, ids, { at: now, amount }));
    let after = decidedAfter;
    const isWon = random.chance(0.5);
    const open = STAGES.filter(({ IsClosed }) => !IsClosed);
    const path = open.slice(1, random.int(2, open.length));
    for (const stage of [
      ...path,
      STAGES.find(({ IsClosed, IsWon }) => IsClosed && IsWon === isWon),
    ]) {
      after += random.int(3, 25) * DAY;
      then(after, (now) => this.#move(ids.opportunity, stage, now));
    }
  }

  /** A lead is changed only while it is open; one that somebody has deleted is not changed. */
  #change(id: string, values: Row, now: number): void {
    const row = this.#store.row('Lead', id);
    if (row !== undefined && row.IsConverted !== true && row.IsDeleted !== true)
      this.#store.update('Lead', id, values, now);
  }

  #move(id: string, stage: (typeof STAGES)[number] | undefined, now: number): void {
    const row = this.#store.row('Opportunity', id);
    if (row === undefined || row.IsDeleted === true || stage === undefined) return;
    const { ApiName: StageName, DefaultProbability: Probability, IsClosed, IsWon } = stage;
    const values = {
      StageName,
      Probability,
      IsClosed,
      IsWon,
      CloseDate: instant(now).slice(0, 10),
    };
    this.#store.update('Opportunity', id, values, now);
  }

  #activities(index: number, lead: string, random: Random, now: number): void {
    if (this.#store.row('Lead', lead) === undefined) return;
    const due = instant(now + random.int(1, 12) * DAY);
    const isDone = random.chance(0.4);
    const shared = { WhoId: lead, OwnerId: this.#user(index), CreatedById: this.#user(index) };
    this.#store.insert(
      'Task',
      this.#id('Task', index),
      {
        ...shared,
        Subject: random.pick(TASKS),
        ActivityDate: due.slice(0, 10),
        Status: isDone ? 'Completed' : 'Not Started',
        IsClosed: isDone,
        CompletedDateTime: isDone ? instant(now) : null,
        Priority: 'Normal',
        TaskSubtype: random.pick(['Task', 'Call']),
      },
      now,
    );
    if (random.chance(0.7)) return;
    this.#store.insert(
      'Event',
      this.#id('Event', index),
      {
        ...shared,
        Subject: 'Demo',
        Type: 'Meeting',
        EventSubtype: 'Event',
        StartDateTime: due,
        ActivityDateTime: due,
        ActivityDate: due.slice(0, 10),
        EndDateTime: instant(Date.parse(due) + 3_600_000),
      },
      now,
    );
  }

  #notes(index: number, lead: string, random: Random, now: number): void {
    if (this.#store.row('Lead', lead) === undefined) return;
    const by = { OwnerId: this.#user(index), CreatedById: this.#user(index) };
    if (random.chance(0.3)) {
      const values = { ...by, ParentId: lead, Title: 'Call', Body: random.pick(NOTES) };
      this.#store.insert('Note', this.#id('Note', index), values, now);
    } else if (random.chance(0.6)) this.#document(index, [lead, this.#user(index)], random, now);
  }

  /** A note of the newer kind is a document with a version, attached to records and its owner. */
  #document(index: number, linked: readonly string[], random: Random, now: number): void {
    const [version, document] = [
      this.#id('ContentVersion', index),
      this.#id('ContentDocument', index),
    ];
    this.#store.insert(
      'ContentVersion',
      version,
      { Title: 'Meeting', TextPreview: random.pick(NOTES) },
      now,
    );
    this.#store.insert(
      'ContentDocument',
      document,
      {
        Title: 'Meeting',
        FileType: 'SNOTE',
        LatestPublishedVersionId: version,
        OwnerId: this.#user(index),
        CreatedById: this.#user(index),
      },
      now,
    );
    for (const [at, id] of linked.entries())
      this.#store.insert(
        'ContentDocumentLink',
        idFrom('ContentDocumentLink', this.#spec.seed, index, at),
        { ContentDocumentId: document, LinkedEntityId: id },
        now,
      );
  }

  #leadRow(random: Random, index: number): Row {
    const [FirstName, LastName] = pickPerson(random);
    const [City, State, Country] = random.pick(CITIES);
    const Company = `${random.pick(COMPANY_NAMES)} ${random.pick(COMPANY_KINDS)}`;
    const domain = `${Company.toLowerCase().replaceAll(/[^a-z]+/g, '-')}-${index}.example`;
    return {
      FirstName,
      LastName,
      Company,
      Email: `${FirstName}.${LastName}@${domain}`.toLowerCase().replaceAll(/[' ]/g, ''),
      Website: `https://www.${domain}`,
      Phone: `+1 555 ${String(random.int(0, 9_999)).padStart(4, '0')}`,
      Title: random.pick(['IT Manager', 'CIO', 'Owner', 'Office Manager', 'Head of IT']),
      City,
      State,
      Country,
      NumberOfEmployees: random.int(3, 900),
      AnnualRevenue: random.int(1, 400) * 100_000,
      LeadSource: random.pick(SOURCES),
      Industry: random.pick(INDUSTRIES),
      Status: 'Open - Not Contacted',
      Description: random.chance(0.4) ? random.pick(NOTES) : null,
      CurrencyIsoCode: 'USD',
      OwnerId: this.#user(index),
      CreatedById: this.#user(index),
    };
  }
}

function pickPerson(random: Random): [string, string] {
  return [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
}
