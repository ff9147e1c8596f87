import type { Bucket, BucketUnit } from '../platform/buckets.ts';
import type { Shown } from '../records/fields.ts';
import type { LeadListRow } from '../records/lead.ts';
import type { noteFields } from '../records/note.ts';
import type { opportunityFields } from '../records/opportunity.ts';
import type { referralFields } from '../records/referral.ts';
import type { scheduledActivityFields } from '../records/scheduled-activity.ts';
import type { SourceFreshness as Source, SyncState } from '../ingest/freshness.ts';

export type { SyncState } from '../ingest/freshness.ts';

/** View models: exactly what a page or an API route shows. Plain data without database types. */

/** A figure with the one it is compared to, if a comparison was requested. */
export interface Figure {
  value: number;
  previous: number | null;
}

/** One bar, slice or row of a breakdown. `key` is used in URLs, `label` on pages. */
export interface Share {
  key: string;
  label: string;
  count: number;
  previous: number | null;
}

/** One source without its running sync, which is reported once for the whole workspace. */
export type SourceFreshness = Omit<Source, 'running'>;

/** How fresh and complete the tenant's data is, measured on data and not on runs. */
export interface Freshness {
  /** The last success of the oldest source: all data is at least this fresh. */
  lastSyncAt: Date | null;
  status: SyncState;
  isStale: boolean;
  sources: SourceFreshness[];
  /** The sync in progress, if any. */
  running: { runId: string; startedAt: Date; stream: string | null; fetched: number } | null;
}

export type LeadRow = LeadListRow;

/** A slice of a list. `total` is exact, or a lower bound when `totalIsFloor` is true. */
export interface Slice<Row> {
  rows: Row[];
  total: number;
  totalIsFloor: boolean;
  /** Opaque keyset positions of the next and previous page; null at the ends. */
  next: string | null;
  previous: string | null;
}

export interface LeadsView {
  total: Figure;
  qualified: Figure;
  sources: Figure;
  bySource: Share[];
  byStatus: Share[];
  /** Leads without a creation date; counted only when the period is "all time". */
  undated: number;
  leads: Slice<LeadRow>;
}

export interface ReferralRow extends Shown<typeof referralFields, 'list'> {
  id: string;
  /** Its id at the source. */
  externalId: string;
}

/** A referral with all its fields. */
export interface ReferralDetail extends ReferralRow, Shown<typeof referralFields, 'detail'> {
  /** Label of the source system. */
  source: string;
  firstSeenAt: Date;
}

export interface ReferralsView {
  total: Figure;
  /** New and active referrals. */
  fresh: Figure;
  active: Figure;
  byType: Share[];
  byStatus: Share[];
  /** The most frequent domains. */
  domains: string[];
  referrals: Slice<ReferralRow>;
}

export interface StageRow {
  stage: string;
  count: number;
  value: number;
  previousCount: number | null;
  previousValue: number | null;
  /**
   * Share of the opportunities in the previous stage that reached this one or went further, 0 to 1;
   * null for the first stage.
   */
  conversion: number | null;
  /** Mean number of days that candidates in this stage have been in it; null when it is empty. */
  daysInStage: number | null;
  /** Candidates in this stage for more than 30 days, if the stage is open. */
  stuck: number;
  outcome: 'open' | 'won' | 'lost';
  likelyPct: number;
}

/** The stages of one connected system, in its order. */
export interface Pipeline {
  connectionId: string;
  /** The label of the connection. */
  system: string;
  stages: StageRow[];
}

export interface OpportunityRow extends Shown<typeof opportunityFields, 'list'> {
  id: string;
}

/** A stage as a column of the board, with its most valuable deals. */
export interface PipelineBoardLane {
  connectionId: string;
  stage: string;
  rows: OpportunityRow[];
}

export interface PipelineView {
  /** The value of open deals. */
  openValue: Figure;
  stageCount: Figure;
  averageDeal: Figure;
  pipelines: Pipeline[];
  /** The value of the deals that were won, of the same period as `openValue`. */
  wonValue: number;
  /** The number of opportunities that the list would hold with each choice of an outcome. */
  outcomes: Record<'open' | 'won' | 'lost' | 'all', number>;
  opportunities: Slice<OpportunityRow>;
  /** The columns of the board; null while the list is shown. */
  board: PipelineBoardLane[] | null;
}

export interface HotListRow {
  id: string;
  candidateName: string;
  market: string | null;
  units: number;
  franchiseFee: number;
  weightedIff: number;
  stage: string;
  likelyPct: number;
}

export interface HotListView {
  items: Slice<HotListRow>;
  totalWeighted: number;
}

export interface NoteRow extends Shown<typeof noteFields, 'list'> {
  id: string;
  /** The name of the lead that it is about, if there is one. */
  contactName: string | null;
}

export interface NotesView {
  notes: NoteRow[];
  total: number;
  limit: number;
  offset: number;
  search: string;
}

export interface ActivityRow extends Shown<typeof scheduledActivityFields, 'list'> {
  id: string;
}

export interface ScheduleView {
  activities: ActivityRow[];
  /** Number of future activities, listed or not. */
  total: number;
}

/** The number of new leads in each bucket of a period. */
export interface LeadTrend {
  unit: BucketUnit;
  points: (Bucket & { count: number })[];
}

export interface OverviewView {
  leads: Figure;
  qualified: Figure;
  openValue: Figure;
  wonValue: number;
  /** Of all open candidates, whatever the period: the total of the hot list. */
  weightedIff: number;
  leadTrend: LeadTrend;
  bySource: Share[];
  pipelines: Pipeline[];
  hotList: HotListRow[];
  schedule: ActivityRow[];
  notes: NoteRow[];
}

export interface ReportRow {
  id: string;
  title: string;
  page: string;
  period: string;
  publishedAt: Date;
  publishedBy: string;
  /** How fresh the data was when the report was published. */
  dataAsOf: Date | null;
}
