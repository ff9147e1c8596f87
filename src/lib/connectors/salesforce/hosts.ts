/** My Domains: of the public clouds, and of the one of the United States Department of Defense. */
export const ORG_HOSTS = ['*.my.salesforce.com', '*.my.salesforce.mil'];

/** Where people sign in who do not know their My Domain: to an organisation, or to a sandbox. */
export const LOGIN_HOSTS = ['login.salesforce.com', 'test.salesforce.com'];
