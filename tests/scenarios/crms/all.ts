import type { Crm } from './crm.ts';
import dynamics365 from './dynamics-365.ts';
import hubspot from './hubspot.ts';
import salesforce from './salesforce.ts';

export const crms: readonly Crm[] = [dynamics365, salesforce, hubspot];
