/**
 * Selectors that large senders prescribe. DNS cannot list the selectors of a domain, so these are
 * guesses, and finding none of them proves nothing.
 */
export const selectors: readonly string[] = [
  'google',
  'selector1',
  'selector2',
  'default',
  'dkim',
  'mail',
  'k1',
  'k2',
  'k3',
  's1',
  's2',
  'fm1',
  'fm2',
  'fm3',
  'protonmail',
  'protonmail2',
  'protonmail3',
  'zoho',
  'zmail',
  'mandrill',
  'mte1',
  'mte2',
  'everlytickey1',
  'everlytickey2',
  'smtpapi',
  'hs1',
  'hs2',
  'sig1',
  'pm',
];

/** A selector that nobody uses: whatever it returns comes from a wildcard. */
export const IMPROBABLE_SELECTOR = 'tributary-3f9c1e7a';
