import type { OpportunityRecord } from '../../../records/opportunity.ts';
import { readNumber } from './values.ts';

export type Outcome = OpportunityRecord['outcome'];
type Metadata = Readonly<Record<string, string>>;

/** A stage that closes a deal wins it when its probability is 1. */
export function toOutcome(metadata: Metadata): Outcome {
  const probability = readNumber(metadata, 'probability');
  const isClosed = readFlag(metadata['isClosed']?.toLowerCase());
  if (isClosed === false || probability === null) return 'open';
  if (probability >= 1) return 'won';
  return isClosed === true || probability <= 0 ? 'lost' : 'open';
}

export const readFlag = (text: string | undefined): boolean | undefined =>
  text === 'true' || text === 'false' ? text === 'true' : undefined;

/** A probability from 0 to 1, whatever was read; 0 when it is unknown. */
export const toProbability = (known: number | null): number => Math.min(Math.max(known ?? 0, 0), 1);
