/*
 * What fields of sales systems are about, by the words in their names. Two fields of one concept
 * hold the same thing, whatever their systems call it.
 */

/** The words that name each concept, all letters small and without signs. */
const concepts: Readonly<Record<string, readonly string[]>> = {
  email: ['email', 'mail', 'emailaddress', 'emailaddress1'],
  phone: ['phone', 'telephone', 'telephone1', 'tel', 'phonenumber', 'businessphone', 'workphone'],
  mobile: ['mobile', 'mobilephone', 'cell', 'cellphone'],
  website: ['website', 'websiteurl', 'web', 'url', 'homepage', 'site'],
  domain: ['domain', 'hostname', 'hsdomain'],
  company: [
    'company',
    'companyname',
    'compname',
    'account',
    'accountname',
    'organization',
    'employer',
  ],
  firstName: ['firstname', 'givenname', 'forename'],
  lastName: ['lastname', 'surname', 'familyname'],
  name: ['name', 'fullname', 'displayname', 'contactname'],
  city: ['city', 'town', 'address1city', 'billingcity', 'mailingcity'],
  state: [
    'state',
    'province',
    'region',
    'stateprovince',
    'address1stateorprovince',
    'billingstate',
  ],
  country: ['country', 'countrycode', 'address1country', 'billingcountry'],
  value: [
    'value',
    'dealvalue',
    'amount',
    'dealsize',
    'estimatedvalue',
    'estimatedamount',
    'revenue',
  ],
  owner: ['owner', 'assignedto', 'assignee', 'assigneduser', 'ownerid', 'hubspotownerid'],
  status: ['status', 'stage', 'leadstatus', 'dealstage', 'stagename', 'salesstage', 'hsleadstatus'],
  source: ['source', 'leadsource', 'leadsourcecode', 'origin'],
  summary: ['summary', 'description', 'notes', 'whiteboard', 'about', 'comments'],
  created: ['created', 'createdat', 'createdon', 'createdate', 'createddate', 'createddatetime'],
  updated: ['updated', 'updatedat', 'modifiedon', 'lastmodifieddate', 'hslastmodifieddate'],
  employees: ['employees', 'numberofemployees', 'headcount', 'companysize'],
  jobTitle: ['jobtitle', 'title', 'position', 'role'],
};

const byWord = new Map(
  Object.entries(concepts).flatMap(([concept, words]) => words.map((word) => [word, concept])),
);

/** A name as letters and digits only, all small. */
export const squash = (name: string): string =>
  name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** What a field is about; undefined when its name does not tell. */
export const findConcept = (name: string): string | undefined => byWord.get(squash(name));
