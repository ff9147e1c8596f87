/** About 8,000 domains of mailbox providers, in lower case. */
declare module 'email-providers' {
  const domains: readonly string[];
  export default domains;
}
