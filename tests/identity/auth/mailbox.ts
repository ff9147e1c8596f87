import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll } from 'vitest';

/** A mail server on this machine that keeps what it is given. */
export interface Mailbox {
  /** The newest mail to the address with such a subject, waiting for it to arrive. */
  newest(address: string, subject?: RegExp): Promise<Email>;
  countOf(address: string, subject?: RegExp): number;
}

/**
 * Starts the mail server and points SMTP_URL at it. Call at the top of a file, before the
 * configuration is read.
 */
export function useMailbox(): Mailbox {
  const mails: Email[] = [];
  const to = (address: string, subject = /(?:)/): Email[] =>
    mails.filter(
      (mail) =>
        subject.test(mail.subject ?? '') &&
        mail.to?.some((recipient) => recipient.address === address),
    );
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          mails.push(mail);
          done();
        }, done);
      });
    },
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env['SMTP_URL'] = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(resolve)));
  return {
    countOf: (address, subject) => to(address, subject).length,
    newest: async (address, subject) => {
      for (let turn = 0; turn < 200; turn += 1) {
        const mail = to(address, subject).at(-1);
        if (mail !== undefined) return mail;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error(`No mail came for ${address}: ${subject}`);
    },
  };
}

/** The first link in the plain text of a mail. */
export function linkIn(mail: Email): string {
  const link = /https?:\/\/\S+/.exec(mail.text ?? '')?.[0];
  if (link === undefined) throw new Error('The mail has no link');
  return link;
}
