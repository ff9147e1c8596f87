import type { Evidence } from '../posture/types.ts';
import { microsoft365, type MailProviderResult } from './mail-provider.ts';
import type { Segment } from './types.ts';
import type { Weights } from './weights.ts';

/** The segment of a company, with a sentence that explains it. */
export function classifySegment(
  evidence: Evidence | null,
  mail: MailProviderResult,
  { score, known }: { score: number; known: number },
  { segments }: Weights,
): { segment: Segment; reason: string } {
  if (evidence?.exists === false) return { segment: 'Skip', reason: 'The domain does not exist.' };
  if (evidence?.mx.nullMx === true)
    return { segment: 'Skip', reason: 'The domain declares that it receives no mail.' };
  if (evidence?.mx.verdict === 'missing')
    return { segment: 'Skip', reason: 'No server receives its mail.' };
  if (mail.provider === null && !mail.isElsewhere)
    return { segment: 'Cold', reason: 'It is unknown where its mailboxes are.' };
  if (known < segments.known)
    return {
      segment: 'Cold',
      reason:
        `Too little is known: ${Math.floor(known)} % of the signals by weight, ` +
        `but ${segments.known} % are needed.`,
    };
  if (score < segments.cold)
    return { segment: 'Cold', reason: `The score ${score} is below ${segments.cold}.` };
  if (mail.provider === microsoft365)
    return { segment: 'Existing', reason: 'Its mailboxes are at Microsoft 365.' };
  return { segment: 'Migration', reason: 'Its mailboxes are not at Microsoft 365.' };
}

/** From 1 (most urgent) to 6. */
export function computePriority(segment: Segment, score: number, { priorities }: Weights): number {
  if (segment === 'Migration') return score >= priorities.migration ? 1 : 2;
  if (segment === 'Existing') return score >= priorities.existing ? 3 : 4;
  return segment === 'Cold' && score >= priorities.cold ? 5 : 6;
}
