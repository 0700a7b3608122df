import { expect, test } from '@jest/globals';
import { configJsonSchema, createKeysAt } from '../../../src/config/json-schema.ts';
import { configSchema } from '../../../src/config/schema.ts';
import { schemaProblems } from '../../../src/config/schema-errors.ts';

test('a hundred unknown keys are reported with one JSON Schema made', () => {
  let made = 0;
  const keysAt = createKeysAt(() => {
    made += 1;
    return configJsonSchema();
  });
  const value = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key_${index}`, 1]));
  const format = { schema: configSchema, keysAt, hidesKeys: () => false };
  const problems = schemaProblems(value, () => ({ line: 1, column: 1 }), format);
  expect(problems.filter(({ message }) => message.startsWith('unknown key'))).toHaveLength(100);
  expect(made).toBe(1);
});

test('the keys of a list’s entries and of their parts are known', () => {
  const keysAt = createKeysAt(configJsonSchema);
  expect(keysAt(['credentials', 3, 'api_key'])).toContain('private_key_env');
  expect(keysAt(['nowhere', 0])).toEqual([]);
});
