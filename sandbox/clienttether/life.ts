import { randomFrom, type Random } from '../kit/random.ts';
import { dateTime } from '../kit/clock.ts';
import { DAY, HOUR, meetingSlot, MINUTE, officeTime, waitDays, wholeSecond } from './calendar.ts';
import {
  formatClientId,
  formatOpportunityId,
  type Character,
  type Happening,
  type LifeEvent,
  type Planned,
} from './life-events.ts';
import { noteHtml, type NoteFacts } from './note-texts.ts';
import { fullName, pickMarket, newClient } from './person.ts';
import { blankOpportunity, blankRow, type Row } from './rows.ts';

/**
 * Steps that are a meeting: booked at one stage, held some days later, when the next stage begins.
 */
const MEETINGS: Record<string, Meeting> = {
  'Initial Call Scheduled': {
    table: 'activities',
    type: 'Call',
    text: 'Initial call: background, goals, timeline',
    days: [1, 7],
  },
  'FDD Review Call Scheduled': {
    table: 'events',
    type: 'appt',
    text: 'FDD review call',
    days: [4, 16],
  },
  'Discovery Day Booked': {
    table: 'events',
    type: 'appt',
    text: 'Discovery Day at headquarters',
    days: [12, 40],
  },
};
interface Meeting {
  table: Planned;
  type: string;
  text: string;
  /** Booked this many days ahead, from and to. */
  days: [number, number];
}
const OPENS_OPPORTUNITY = 'Initial Call Complete';
const ID_ROOM = 64;

/**
 * Everything that will ever happen to lead number `lead`: a function of the character's seed alone.
 */
export function planLife(character: Character, lead: number, arrivedAt: number): LifeEvent[] {
  return new Life(character, lead, arrivedAt).live();
}

class Life {
  readonly #character: Character;
  readonly #random: Random;
  readonly #lead: number;
  readonly #client: Row;
  readonly #facts: NoteFacts;
  readonly #opened: boolean;
  readonly #events: LifeEvent[] = [];
  readonly #counts = { notes: 0, activities: 0, events: 0 };
  #at: number;

  constructor(character: Character, lead: number, arrivedAt: number) {
    this.#character = character;
    this.#lead = lead;
    this.#at = arrivedAt;
    const random = (this.#random = randomFrom(character.seed, 'lead', lead));
    this.#client = newClient(
      formatClientId(character, lead),
      lead,
      dateTime(arrivedAt),
      random,
      character.lookups,
      character.mix,
    );
    const fee = random.pick(character.fees);
    const units = random.weighted([1, 2, 3, 5], [58, 17, 18, 7]);
    this.#facts = {
      first: String(this.#client.firstName),
      market: pickMarket(this.#client, random),
      units,
      fee: `$${fee.toLocaleString('en-US')}`,
    };
    this.#opened = random.chance(0.9);
  }

  live(): LifeEvent[] {
    this.#emit({ kind: 'arrive', row: this.#client });
    if (this.#random.chance(0.06)) return this.#events;
    const [contact = '', inbound = '', ...steps] = this.#character.funnel;
    const path = [this.#random.chance(0.72) ? contact : inbound, ...steps];
    for (const [step, stage] of path.entries()) {
      if (step > 0 && !this.#random.chance(this.#character.progress + (step > 6 ? 0.06 : 0)))
        return this.#drop();
      this.#takeStep(stage, step);
    }
    return this.#events;
  }

  #takeStep(stage: string, step: number): void {
    this.#wait(step === 0 ? 0.2 : step < 4 ? 2 : 6);
    this.#moveTo(stage, step);
    if (stage === OPENS_OPPORTUNITY && this.#opened) this.#open(stage);
    const meeting = MEETINGS[stage];
    if (meeting) this.#at = this.#meet(meeting, 'Completed');
  }

  #moveTo(stage: string, step: number): void {
    const share = step / (this.#character.funnel.length - 1);
    this.#emit({
      kind: 'stage',
      stage,
      ...(this.#lead % 5 === 0 && { likelihood: String(Math.round(share * 18) * 5 + 5) }),
    });
    if (this.#random.chance(this.#character.noteRate)) this.#note(stage);
  }

  #open(stage: string): void {
    const { firstName, lastName, compName, clients_lead_source, clients_action_plan } =
      this.#client;
    const now = dateTime(this.#at);
    const fee = Number(this.#facts.fee.replace(/\D/g, ''));
    const row: Row = {
      ...blankOpportunity(formatOpportunityId(this.#character, this.#lead)),
      firstName,
      lastName,
      compName,
      contact_sales_cycle: stage,
      contact_lead_source: clients_lead_source,
      contact_action_plan: clients_action_plan,
      deal_size: `${fee}.00`,
      created: now,
      last_modified_date: now,
      market: this.#facts.market,
      units: String(this.#facts.units),
    };
    this.#emit({ kind: 'open', row: this.#lead % 5 === 0 ? { ...row, likelihood: '25' } : row });
  }

  /**
   * Some leads are put to rest; others stand still where they are and get follow-ups for a while.
   */
  #drop(): LifeEvent[] {
    this.#wait(7);
    if (this.#random.chance(0.55)) {
      this.#moveTo(this.#random.pick(this.#character.restingStages), 0);
      this.#followUp([30, 120], 'Check in: has the timing changed?');
      return this.#events;
    }
    for (let left = this.#random.int(1, 6); left > 0; left--) {
      if (this.#random.chance(this.#character.noteRate * 0.6)) this.#note(undefined);
      this.#followUp(
        [2, 24],
        this.#random.pick([
          'Follow up on open questions',
          'Second voicemail and text',
          'Send validation contacts',
          'Ask for the QR',
        ]),
      );
    }
    return this.#events;
  }

  #followUp(days: [number, number], text: string): void {
    const type = this.#random.weighted(['Follow Up', 'Call', 'Email', 'Text'], [5, 3, 2, 1]);
    this.#at = this.#meet(
      { table: 'activities', type, text, days },
      this.#random.chance(0.85) ? 'Completed' : 'Missed',
    );
  }

  /** Books a meeting now and settles it when it is over. @returns when it is over */
  #meet({ table, type, text, days }: Meeting, outcome: string): number {
    const start = meetingSlot(this.#at, this.#random.int(...days), this.#random);
    const over = start + (table === 'events' ? HOUR : 30 * MINUTE);
    const id = this.#id(table, table === 'events' ? 60_000_000 : 40_000_000);
    const name = fullName(this.#client);
    const row =
      table === 'events'
        ? {
            ...blankRow('events', id),
            title: `${text} - ${name}`,
            start_date: dateTime(start),
            end_date: dateTime(over),
            client_id: this.#client.client_id,
            client_name: name,
            description: text,
          }
        : {
            ...blankRow('activities', id),
            type,
            scheduled_at: dateTime(start),
            contact_name: name,
            description: text,
          };
    this.#emit({ kind: 'plan', table, row });
    this.#at = over;
    this.#emit({ kind: 'settle', table, id, status: outcome });
    return over;
  }

  #note(stage: string | undefined): void {
    this.#at += this.#random.int(2, 20) * MINUTE;
    const content = noteHtml(stage, this.#facts, this.#random);
    const id = this.#id('notes', 20_000_000);
    this.#emit({
      kind: 'note',
      row: {
        id,
        contact_id: this.#client.client_id,
        date: dateTime(this.#at),
        author: this.#client.assigned_user,
        content,
      },
    });
  }

  #id(kind: 'notes' | Planned, base: number): string {
    return String(base + this.#lead * ID_ROOM + this.#counts[kind]++);
  }

  #wait(meanDays: number): void {
    this.#at = officeTime(
      wholeSecond(this.#at + waitDays(meanDays, this.#random) * DAY),
      this.#random,
    );
  }

  #emit(what: Happening): void {
    this.#events.push({ at: this.#at, lead: this.#lead, seq: this.#events.length, what });
  }
}
