import { describe, expect, it } from 'vitest';
import { providers } from '#lib/connectors/registry.ts';
import { found, read } from './documents.ts';

describe('providers', () => {
  const text = read('docs/providers.md');

  it.each(providers.map((provider) => [provider.key, provider] as const))(
    '%s is described with its secrets, settings and streams',
    (key, provider) => {
      const heading = `## ${provider.label} (\`${key}\`)`;
      expect(text).toContain(heading);
      const [section = ''] = text.slice(text.indexOf(heading) + heading.length).split(/^## /m);
      const settings = Object.keys(provider.settings.parse({}) as object);
      const names = [
        ...provider.auth.secrets.map(({ name }) => name),
        ...settings,
        ...provider.streams.map(({ name }) => name),
      ];
      expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
    },
  );

  it('are the only ones described', () => {
    expect(found(text, /^## .*\(`([\w-]+)`\)$/gm).sort()).toEqual(
      providers.map(({ key }) => key).sort(),
    );
  });
});
