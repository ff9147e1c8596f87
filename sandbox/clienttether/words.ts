/** Word lists of the generator. All names are made up by combining common first and last names. */
export const FIRST_NAMES = [
  'Aaron', 'Alicia', 'Amir', 'Andrea', 'Anita', 'Antonio', 'Beatriz', 'Ben', 'Bethany', 'Brandon', 'Camila', 'Carl', 'Carmen', 'Chloe',
  'Craig', 'Dana', 'Darnell', 'Deepa', 'Derek', 'Diana', 'Eduardo', 'Elena', 'Erik', 'Faith', 'Felix', 'Gina', 'Gordon', 'Grace', 'Hannah',
  'Harold', 'Imani', 'Ivan', 'Jared', 'Jasmine', 'Jerome', 'Joanna', 'Jorge', 'Kara', 'Keith', 'Kenji', 'Kimberly', 'Lamar', 'Laura', 'Leo',
  'Linh', 'Lorena', 'Marcus', 'Maria', 'Mei', 'Miles', 'Monica', 'Nadia', 'Nathan', 'Nicole', 'Omar', 'Paula', 'Peter', 'Priya', 'Rachel',
  'Raj', 'Rebecca', 'Reggie', 'Rosa', 'Ryan', 'Samir', 'Sandra', 'Sean', 'Sofia', 'Stephen', 'Tamika', 'Teresa', 'Todd', 'Tomas', 'Valerie',
  'Victor', 'Wendy', 'Xavier', 'Yusuf', 'Yvonne', 'Zoe',
];
export const LAST_NAMES = [
  'Abara', 'Aldana', 'Archer', 'Ashworth', 'Bannister', 'Barlow', 'Beckford', 'Bellamy', 'Brandvold', 'Calloway', 'Castellan', 'Chaudry',
  'Colburn', 'Corrigan', 'Dahlgren', 'Delacroix', 'Dunmore', 'Eastwick', 'Ellery', 'Fairbanks', 'Farrow', 'Fontaine', 'Gallardo', 'Garrity',
  'Goswami', 'Greer', 'Halvorsen', 'Hargrove', 'Hollis', 'Ibarra', 'Iverson', 'Jankowski', 'Kamara', 'Kettering', 'Kowalik', 'Langford',
  'Larkin', 'Lindqvist', 'Lockhart', 'Mabry', 'Maddox', 'Marchetti', 'Mbeki', 'Merriweather', 'Montero', 'Nakagawa', 'Navarro', 'Nightingale',
  'Oakes', 'Okonjo', 'Ortega', 'Pacheco', 'Pemberton', 'Prescott', 'Quintana', 'Ramsey', 'Redfield', 'Rosario', 'Rutherford', 'Salazar',
  'Santangelo', 'Sorensen', 'Stanhope', 'Tanaka', 'Thackeray', 'Tran', 'Underhill', 'Valdez', 'Van Doren', "O'Malley", 'Vasquez', 'Wakefield',
  'Whitlock', 'Winslow', 'Yamada', 'Yardley', 'Zamora', 'Zielinski',
];
/** City, state, first three digits of the ZIP code, area code. */
export const CITIES = [
  ['Denver', 'CO', '802', '303'], ['Boise', 'ID', '837', '208'], ['Tampa', 'FL', '336', '813'], ['Orlando', 'FL', '328', '407'],
  ['Charlotte', 'NC', '282', '704'], ['Raleigh', 'NC', '276', '919'], ['Nashville', 'TN', '372', '615'], ['Atlanta', 'GA', '303', '404'],
  ['Austin', 'TX', '787', '512'], ['Dallas', 'TX', '752', '214'], ['Houston', 'TX', '770', '713'], ['San Antonio', 'TX', '782', '210'],
  ['Phoenix', 'AZ', '850', '602'], ['Tucson', 'AZ', '857', '520'], ['Salt Lake City', 'UT', '841', '801'], ['Las Vegas', 'NV', '891', '702'],
  ['Sacramento', 'CA', '958', '916'], ['San Diego', 'CA', '921', '619'], ['Portland', 'OR', '972', '503'], ['Spokane', 'WA', '992', '509'],
  ['Omaha', 'NE', '681', '402'], ['Kansas City', 'MO', '641', '816'], ['St. Louis', 'MO', '631', '314'], ['Minneapolis', 'MN', '554', '612'],
  ['Madison', 'WI', '537', '608'], ['Columbus', 'OH', '432', '614'], ['Cincinnati', 'OH', '452', '513'], ['Indianapolis', 'IN', '462', '317'],
  ['Grand Rapids', 'MI', '495', '616'], ['Pittsburgh', 'PA', '152', '412'], ['Richmond', 'VA', '232', '804'], ['Charleston', 'SC', '294', '843'],
] as const;
export const STREETS = ['Alder', 'Birchwood', 'Canyon', 'Foxglove', 'Granite', 'Harvest', 'Juniper', 'Lakeview', 'Meadow', 'Orchard', 'Quarry', 'Willow'];
export const STREET_KINDS = ['St', 'Ave', 'Dr', 'Ln', 'Ct'];
/** Where people have their mail: domains that are kept for examples, so that nobody is behind them. */
export const MAIL_DOMAINS = [
  'alderandco.example', 'birchwoodgroup.example', 'canyonworks.example', 'cedarpoint.example', 'clearwater.example', 'copperleaf.example', 'eastgate.example', 'example.com',
  'example.org', 'fernhillpartners.example', 'goldcrest.example', 'granitebuilders.example', 'harborlight.example', 'highmeadow.example', 'ironbridge.example', 'lakeviewfoods.example',
  'millbrook.example', 'northfieldclinic.example', 'oakandpine.example', 'quarryhill.example', 'redfoxmedia.example', 'saltmarsh.example', 'silverline.example', 'willowcreek.example',
];
export const COMPANY_WORDS = ['Ventures', 'Holdings', 'Group', 'Partners', 'Enterprises', 'Capital', 'LLC'];
export const BACKGROUNDS = [
  'regional operations manager', 'retired army logistics officer', 'owner of two laundromats', 'sales director in medical devices', 'school principal',
  'multi-unit operator in quick service', 'IT project manager facing a layoff', 'restaurant general manager', 'real estate investor', 'physical therapist',
  'airline captain close to retirement', 'supply chain director', 'former bank branch manager', 'general contractor', 'corporate controller',
];
/** Stage names as one live account of the franchise trade uses them, in funnel order. New leads have none. */
export const STAGES = [
  'Outbound Call', 'Inbound Contact', 'Initial Call Scheduled', 'Initial Call Complete', 'QR Sent', 'QR Returned', 'FDD Sent', 'FDD Signed',
  'FDD Review Call Scheduled', 'FDD Review Call Complete', 'Deal Structure', 'Discovery Day Booked', 'Discovery Day Completed', 'FA Requested',
  'FA Sent', 'FA Signed', 'Future Interest',
];
export const ACTION_PLANS = ['New Lead - 10 Touch', 'Broker Lead - Fast Track', 'QR Follow Up', 'FDD Nurture', 'Discovery Day Prep', 'Long Term Nurture'];
