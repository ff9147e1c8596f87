/** Sample values of the imitated environments; all invented. */
export const COMPANY_NAMES = [
  'Aldersgate',
  'Brackenhill',
  'Corvid',
  'Dunlin',
  'Eastmere',
  'Fallowfield',
  'Greywether',
  'Hartsease',
  'Inglenook',
  'Kestrel',
  'Lowther',
  'Marlpit',
  'Netherby',
  'Oxbow',
  'Pennyroyal',
  'Quillon',
] as const;
export const COMPANY_KINDS = [
  'Logistics',
  'Clinics',
  'Bakeries',
  'Architects',
  'Schools',
  'Insurance',
  'Foods',
  'Robotics',
  'Law',
  'Media',
] as const;
export const TOPICS = [
  'Microsoft 365 migration',
  'Mail security review',
  'Tenant consolidation',
  'Teams rollout',
  'Backup and recovery',
  'Copilot readiness',
] as const;
export const CITIES = [
  ['Leeds', 'West Yorkshire', 'United Kingdom'],
  ['Zug', 'Zug', 'Switzerland'],
  ['Austin', 'TX', 'United States'],
  ['Columbus', 'OH', 'United States'],
  ['Cork', 'Munster', 'Ireland'],
  ['Halifax', 'NS', 'Canada'],
] as const;
export const NOTES = [
  'Spoke to the office manager; call back after the board meets.',
  'Uses two mail systems & wants one.',
  'Asked for a price for 40 seats.',
  'Left a message.',
  'Their contract ends in spring.',
  'Wants to see a demo with the finance team.',
] as const;
export const TASKS = [
  'Call back',
  'Send the proposal',
  'Ask for the tenant id',
  'Prepare a demo',
  'Check the contract',
] as const;
/** salesstage, stepname, closeprobability. */
export const STEPS = [
  [1, '2-Develop', 40],
  [2, '3-Propose', 65],
  [3, '4-Close', 85],
] as const;
