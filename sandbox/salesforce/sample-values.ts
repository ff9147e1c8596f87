/** Values of picklists as Salesforce delivers them to a new organisation. */
export const SOURCES = [
  'Web',
  'Phone Inquiry',
  'Partner Referral',
  'Purchased List',
  'Other',
] as const;
export const INDUSTRIES = [
  'Banking',
  'Education',
  'Healthcare',
  'Manufacturing',
  'Retail',
] as const;

const stage = (
  SortOrder: number,
  ApiName: string,
  DefaultProbability: number,
  { IsClosed = false, IsWon = false } = {},
) => ({
  SortOrder,
  ApiName,
  MasterLabel: ApiName,
  DefaultProbability,
  IsActive: true,
  IsClosed,
  IsWon,
});

export const STAGES = [
  stage(1, 'Prospecting', 10),
  stage(2, 'Qualification', 10),
  stage(3, 'Needs Analysis', 20),
  stage(4, 'Value Proposition', 50),
  stage(6, 'Proposal/Price Quote', 75),
  stage(7, 'Negotiation/Review', 90),
  stage(8, 'Closed Won', 100, { IsClosed: true, IsWon: true }),
  stage(9, 'Closed Lost', 0, { IsClosed: true }),
] as const;
