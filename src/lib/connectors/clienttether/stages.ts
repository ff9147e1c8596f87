import type { ClientTetherSettings } from './settings.ts';
import { parseLabel } from './values.ts';
import { getOwn } from '../../platform/own.ts';

/** The name that ClientTether's own pages show for a blank sales cycle, which new leads have. */
export const NEW_LEAD = 'New Lead';

export interface StageFacts {
  outcome: 'open' | 'won' | 'lost';
  /** Chance of closing in percent. */
  likelyPct: number;
}

/** Applies to stages that neither the settings nor the tables below contain. */
export const UNKNOWN_STAGE: StageFacts = { outcome: 'open', likelyPct: 10 };
const WON: StageFacts = { outcome: 'won', likelyPct: 100 };
const LOST: StageFacts = { outcome: 'lost', likelyPct: 0 };

/**
 * Likelihoods in percent of common stages in franchise development. Each account names its stages
 * freely.
 */
const LIKELIHOODS: Record<string, number> = {
  'new lead': 5,
  'future interest': 5,
  'outbound call': 8,
  'inbound contact': 10,
  prospecting: 10,
  'initial call scheduled': 15,
  'initial call complete': 20,
  'initial call completed': 20,
  'qr sent': 25,
  engaging: 30,
  'qr returned': 35,
  'fdd sent': 40,
  'fdd signed': 50,
  'fdd review call scheduled': 55,
  'fdd review call complete': 60,
  'fdd review call completed': 60,
  'deal structure': 70,
  'discovery day booked': 75,
  'discovery day completed': 85,
  'fa requested': 90,
  'fa sent': 95,
};
const LOST_WORDS = [
  'lost',
  'dead',
  'not interested',
  'disqualified',
  'unqualified',
  'not qualified',
  'declined',
  'do not (call|contact)',
];
const LOST_PATTERN = new RegExp(`\\b(${LOST_WORDS.join('|')})\\b`);
const WON_PATTERN = /^(fa signed|(closed )?won|closed[ -]+won|won .*)$/;

/** The name of a stage as it is shown and counted; "New Lead" when it is blank. */
export function toStageName(text: string | null): string {
  return parseLabel(text) ?? NEW_LEAD;
}

/**
 * Looks up a stage by name, ignoring case: first in the settings of the connection, then in the
 * tables above; UNKNOWN_STAGE if it is in neither.
 */
export function lookUpStage(
  name: string,
  settings: Pick<ClientTetherSettings, 'stages'>,
): StageFacts {
  const key = name.trim().toLowerCase();
  const usual = lookUpCommonStage(key);
  const own = getOwn(settings.stages, key);
  return own ? { likelyPct: own.likelyPct, outcome: own.outcome ?? usual.outcome } : usual;
}

function lookUpCommonStage(key: string): StageFacts {
  const likelyPct = getOwn(LIKELIHOODS, key);
  if (likelyPct !== undefined) return { outcome: 'open', likelyPct };
  if (LOST_PATTERN.test(key)) return LOST;
  if (WON_PATTERN.test(key)) return WON;
  return UNKNOWN_STAGE;
}
