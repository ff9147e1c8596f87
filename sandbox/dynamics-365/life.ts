import { History, type HistoryEvent } from '../kit/history.ts';
import { guidFrom, randomFrom, type Random } from '../kit/random.ts';
import { FIRST_NAMES, LAST_NAMES } from '../clienttether/sample-values.ts';
import { qualify } from './qualification.ts';
import type { DynamicsSpec } from './spec.ts';
import { instant, type Row, type Store } from './store.ts';
import {
  CITIES,
  COMPANY_KINDS,
  COMPANY_NAMES,
  NOTES,
  STEPS,
  TASKS,
  TOPICS,
} from './sample-values.ts';

const DAY = 86_400_000;

/**
 * What people do in an environment: leads come in, are called, qualified or lost, and deals go
 * their way. Fixed by the seed.
 */
export class Life {
  readonly #store: Store;
  readonly #spec: DynamicsSpec;
  readonly #history: History;

  constructor(store: Store, spec: DynamicsSpec) {
    this.#store = store;
    this.#spec = spec;
    this.#history = new History({ ...spec, stories: spec.leads }, (index, at) =>
      this.#planEvents(index, at),
    );
    const begins = spec.countedOn - (spec.historyDays ?? 180) * DAY;
    store.insert(
      'transactioncurrency',
      this.#currency('USD'),
      { currencyname: 'US Dollar', isocurrencycode: 'USD', currencysymbol: '$', exchangerate: 1 },
      begins,
      'life',
    );
    store.insert(
      'transactioncurrency',
      this.#currency('EUR'),
      { currencyname: 'Euro', isocurrencycode: 'EUR', currencysymbol: '\u20ac', exchangerate: 0.8 },
      begins,
      'life',
    );
    store.insert(
      'systemuser',
      guidFrom(spec.seed, 'application user'),
      { fullname: '# Tributary' },
      begins,
      'life',
    );
    for (const index of [0, 1, 2])
      store.insert(
        'systemuser',
        this.#person(index),
        { fullname: pickPerson(randomFrom(spec.seed, 'user', index)).join(' ') },
        begins,
        'life',
      );
  }

  /** Plays all that has happened until `now`, in order. */
  until(now: number): void {
    this.#history.until(now);
  }

  #currency(code: 'USD' | 'EUR'): string {
    return guidFrom(this.#spec.seed, 'currency', code);
  }

  #person(index: number): string {
    return guidFrom(this.#spec.seed, 'user', index);
  }

  #planEvents(index: number, at: number): HistoryEvent[] {
    const { seed } = this.#spec;
    const random = randomFrom(seed, 'lead', index);
    const lead = guidFrom(seed, 'lead', index);
    const events: HistoryEvent[] = [];
    const then = (after: number, happen: (now: number) => void) =>
      events.push({
        at: at + after,
        key: `${index}/${events.length}`,
        happen: () => happen(at + after),
      });
    then(0, (now) => this.#store.insert('lead', lead, this.#leadRow(random, index), now, 'life'));
    const calledAfter = random.int(1, 10) * (DAY / 4);
    then(calledAfter, (now) => this.#change(lead, { statuscode: 2 }, now));
    then(calledAfter, (now) => this.#note(seed, index, 'lead', lead, random, now));
    then(calledAfter, (now) => this.#task(seed, index, lead, random, now));
    const decidedAfter = calledAfter + random.int(2, 20) * DAY;
    if (random.chance(0.45)) this.#deal(then, { index, lead, random, decidedAfter });
    else if (random.chance(0.5))
      then(decidedAfter, (now) =>
        this.#change(lead, { statecode: 2, statuscode: random.pick([4, 5, 6, 7]) }, now),
      );
    return events;
  }

  #deal(
    then: (after: number, happen: (now: number) => void) => void,
    {
      index,
      lead,
      random,
      decidedAfter,
    }: { index: number; lead: string; random: Random; decidedAfter: number },
  ): void {
    const { seed } = this.#spec;
    const ids = {
      account: guidFrom(seed, 'account', index),
      contact: guidFrom(seed, 'contact', index),
      opportunity: guidFrom(seed, 'opportunity', index),
    };
    then(decidedAfter, (now) => {
      const row = this.#store.row('lead', lead);
      if (row?.statecode === 0) qualify(this.#store, row, ids, now, 'life');
    });
    let after = decidedAfter;
    const value = random.int(4, 300) * 500;
    for (const [stage, stepname, probability] of STEPS) {
      after += random.int(3, 25) * DAY;
      then(after, (now) =>
        this.#move(
          ids.opportunity,
          {
            salesstage: stage,
            stepname,
            closeprobability: probability,
            estimatedvalue: value * (1 + stage / 10),
            estimatedclosedate: instant(now + 40 * DAY).slice(0, 10),
          },
          now,
        ),
      );
      if (random.chance(0.2)) break;
    }
    after += random.int(3, 30) * DAY;
    const isWon = random.chance(0.5);
    const lostAs = random.pick([4, 5]);
    then(after, (now) =>
      this.#move(
        ids.opportunity,
        {
          statecode: isWon ? 1 : 2,
          statuscode: isWon ? 3 : lostAs,
          closeprobability: isWon ? 100 : 0,
          actualclosedate: instant(now).slice(0, 10),
          actualvalue: isWon ? value : 0,
        },
        now,
      ),
    );
  }

  /**
   * A lead is changed only while it is open; one that somebody has deleted is not changed at all.
   */
  #change(id: string, values: Row, now: number): void {
    if (this.#store.row('lead', id)?.statecode === 0) this.#store.update('lead', id, values, now);
  }

  #move(id: string, values: Row, now: number): void {
    if (this.#store.row('opportunity', id)?.statecode === 0)
      this.#store.update('opportunity', id, values, now);
  }

  #note(seed: string, index: number, table: 'lead', id: string, random: Random, now: number): void {
    const values: Row = {
      subject: null,
      notetext: `<div>${random.pick(NOTES)}</div>`,
      isdocument: false,
      objectid: { table, id },
      createdby: { table: 'systemuser', id: this.#person(index % 3) },
      ownerid: { table: 'systemuser', id: this.#person(index % 3) },
    };
    if (this.#store.row(table, id) !== undefined)
      this.#store.insert('annotation', guidFrom(seed, 'note', index), values, now, 'life');
  }

  #task(seed: string, index: number, lead: string, random: Random, now: number): void {
    if (this.#store.row('lead', lead) === undefined) return;
    const when = instant(now + random.int(1, 12) * DAY);
    const values: Row = {
      subject: random.pick(TASKS),
      description: null,
      scheduledstart: when,
      scheduledend: when,
      prioritycode: 1,
      statecode: 0,
      statuscode: 2,
      regardingobjectid: { table: 'lead', id: lead },
      ownerid: { table: 'systemuser', id: this.#person(index % 3) },
    };
    this.#store.insert('task', guidFrom(seed, 'task', index), values, now, 'life');
  }

  #leadRow(random: Random, index: number): Row {
    const [firstname, lastname] = pickPerson(random);
    const [city, state, country] = random.pick(CITIES);
    const company = `${random.pick(COMPANY_NAMES)} ${random.pick(COMPANY_KINDS)}`;
    const domain = `${company.toLowerCase().replaceAll(/[^a-z]+/g, '-')}.example`;
    return {
      subject: `${random.pick(TOPICS)} for ${company}`,
      firstname,
      lastname,
      companyname: company,
      emailaddress1: `${firstname}.${lastname}${index}@${domain}`
        .toLowerCase()
        .replaceAll(/[' ]/g, ''),
      telephone1: `+1 555 ${String(random.int(0, 9_999)).padStart(4, '0')}`,
      jobtitle: random.pick(['IT Manager', 'CIO', 'Owner', 'Office Manager', 'Head of IT']),
      websiteurl: `https://www.${domain}`,
      address1_city: city,
      address1_stateorprovince: state,
      address1_country: country,
      numberofemployees: random.int(3, 900),
      revenue: random.int(1, 400) * 100_000,
      estimatedamount: random.chance(0.7) ? random.int(4, 300) * 500 : null,
      leadqualitycode: random.pick([1, 2, 3]),
      leadsourcecode: random.pick([1, 3, 4, 7, 8, 859_870_000]),
      industrycode: random.pick([1, 9, 27, 30, 34]),
      description: random.chance(0.4) ? random.pick(NOTES) : null,
      statecode: 0,
      statuscode: 1,
      ownerid: { table: 'systemuser', id: this.#person(index % 3) },
      transactioncurrencyid: {
        table: 'transactioncurrency',
        id: this.#currency(country === 'Ireland' ? 'EUR' : 'USD'),
      },
    };
  }
}

function pickPerson(random: Random): [string, string] {
  return [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)];
}
