import { describe, expect, it } from 'vitest';
import { ConfigError, parseConfig } from '../../src/lib/platform/config.ts';

const key = Buffer.alloc(32, 1).toString('base64');
const good = {
  DATABASE_URL: 'postgres://u:p@127.0.0.1/db',
  AUTH_SECRET: 'x'.repeat(32),
  TRIBUTARY_KEYS: `k1:${key}`,
  NODE_ENV: 'development',
};

describe('the configuration', () => {
  it('fills in what may be left out', () => {
    expect(parseConfig(good)).toMatchObject({
      PORT: 4321,
      HOST: '127.0.0.1',
      SYNC_CRON: '0 * * * *',
      ALLOW_LOOPBACK_PROVIDERS: false,
      DATABASE_POOL_SIZE: 10,
    });
  });

  it('takes a blank variable as not set', () => {
    const { PORT, SMTP_URL } = parseConfig({ ...good, PORT: '', SMTP_URL: '' });
    expect([PORT, SMTP_URL]).toEqual([4321, undefined]);
  });

  it('names everything that is wrong at once, and never a value', () => {
    const secret = 'hunter2-hunter2';
    const attempt = () =>
      parseConfig({
        DATABASE_URL: `mysql://${secret}`,
        AUTH_SECRET: secret,
        TRIBUTARY_KEYS: `k1:${secret}`,
        PORT: '99999',
        NODE_ENV: 'development',
      });
    expect(attempt).toThrow(ConfigError);
    try {
      attempt();
    } catch (error) {
      const { message } = error as Error;
      for (const name of ['DATABASE_URL', 'AUTH_SECRET', 'TRIBUTARY_KEYS', 'PORT', '.env.example'])
        expect(message).toContain(name);
      expect(message).not.toContain(secret);
    }
  });

  it('says which variables are missing', () => {
    expect(() => parseConfig({})).toThrow(
      /DATABASE_URL: is not set\n {2}AUTH_SECRET: is not set\n {2}TRIBUTARY_KEYS: is not set/,
    );
  });

  it('wants a secret for the webhook that alerts go to', () => {
    const webhook = { ...good, ALERT_WEBHOOK_URL: 'https://alerts.example.com/x' };
    expect(() => parseConfig(webhook)).toThrow(
      'ALERT_WEBHOOK_SECRET: is needed with ALERT_WEBHOOK_URL',
    );
    expect(
      parseConfig({ ...webhook, ALERT_WEBHOOK_SECRET: 'sixteen letters!' }).ALERT_CHECK_SECONDS,
    ).toBe(60);
  });

  it('wants the public address in production', () => {
    expect(() => parseConfig({ ...good, NODE_ENV: 'production' })).toThrow(
      'PUBLIC_URL: is needed in production',
    );
    expect(
      parseConfig({ ...good, NODE_ENV: 'production', PUBLIC_URL: 'https://dashboards.example.com' })
        .NODE_ENV,
    ).toBe('production');
  });

  it('wants https in production, but for this machine', () => {
    const at = (PUBLIC_URL: string) => () =>
      parseConfig({ ...good, NODE_ENV: 'production', PUBLIC_URL });
    expect(at('http://dashboards.example.com')).toThrow('PUBLIC_URL: must begin with https://');
    for (const local of ['http://localhost:4321', 'http://127.0.0.1:4321', 'http://[::1]:4321'])
      expect(at(local)).not.toThrow();
  });
});
