import type { Lookups } from './account.ts';
import type { SourceMix } from './person.ts';
import type { Row } from './rows.ts';

/** What an account's leads are like. */
export interface Character {
  seed: string | number;
  lookups: Lookups;
  mix: SourceMix;
  /** Chance that a lead takes the next step of the funnel; 0.8 signs about one lead in forty. */
  progress: number;
  /** Chance of a note beside a stage move. */
  noteRate: number;
  /** Franchise fees per unit in dollars. */
  fees: number[];
  /** Where leads end that will not buy. */
  restingStages: string[];
  /** Stages in funnel order, without the resting ones. */
  funnel: string[];
  idBase: number;
}

/** What a team puts on its calendar. */
export type Planned = 'activities' | 'events';
export type Happening =
  | { kind: 'arrive'; row: Row }
  | { kind: 'stage'; stage: string; likelihood?: string }
  | { kind: 'open'; row: Row }
  | { kind: 'note'; row: Row }
  | { kind: 'plan'; table: Planned; row: Row }
  | { kind: 'settle'; table: Planned; id: string; status: string };

/** One thing that happens to one lead. Ordered by (at, lead, seq). */
export interface LifeEvent {
  at: number;
  lead: number;
  seq: number;
  what: Happening;
}

export function formatClientId(character: Character, lead: number): string {
  return String(1_000_000 + character.idBase + lead);
}

export function formatOpportunityId(character: Character, lead: number): string {
  return String(5_000_000 + character.idBase + lead);
}

/** The same lead's opportunity, from its client id. */
export function opportunityOfClient(clientId: string): string {
  return String(Number(clientId) + 4_000_000);
}
