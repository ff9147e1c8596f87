/** Customers and deals of the imitated partner; all invented. */
export const COMPANIES = [
  ['Alder Dental Group', 'alderdental.example', 'GB', 'GBP'],
  ['Cedar Grove Logistics', 'cedargrove.example', 'CH', 'CHF'],
  ['Blue Fern Clinics', 'bluefern.example', 'US', 'USD'],
  ['Harrow Street Bakery', 'harrowbakery.example', 'US', 'USD'],
  ['Northlake Robotics', 'northlake.example', 'CA', 'CAD'],
  ['Quarry Hill Schools', 'quarryhill.example', 'US', 'USD'],
  ['Saltmarsh Insurance', 'saltmarsh.example', 'GB', 'GBP'],
  ['Vireo Architects', 'vireo.example', 'DE', 'EUR'],
  ['Wren & Daughters', 'wrendaughters.example', 'IE', 'EUR'],
  ['Yarrow Foods', 'yarrowfoods.example', 'US', 'USD'],
] as const;
export const WORK = [
  'Cloud migration',
  'Data platform',
  'Security review',
  'Teams rollout',
  'Azure landing zone',
  'Backup and recovery',
  'Dynamics assessment',
  'Copilot readiness',
] as const;
export const PEOPLE = [
  'Priya Marsh',
  'Urs Keller',
  'Dana Reyes',
  'Owen Blake',
  'Mina Sato',
  'Lena Fox',
  'Ravi Shah',
  'Tess Moreno',
] as const;
export const PARTNERS = [
  ['2c7f4f63-partner', 'Birch Analytics'],
  ['9a1e7d20-partner', 'Meridian Cloud'],
] as const;
export const SIZES = [
  '1to9employees',
  '10to50employees',
  '51to250employees',
  '251to1000employees',
] as const;
