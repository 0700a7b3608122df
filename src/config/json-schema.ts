/** The schema of a config file as JSON Schema: for editors, for the docs, and to know which keys are allowed at a place. */
import { z } from 'zod';
import { configSchema } from './schema.ts';
import type { Path } from './untyped-yaml.ts';

export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: string;
}

export function configJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    override({ jsonSchema }) {
      // Defaults that zod does not fill in, because they depend on other keys or on the environment.
      if ('defaultElsewhere' in jsonSchema) jsonSchema.default = jsonSchema['defaultElsewhere'] as string;
      delete jsonSchema['defaultElsewhere'];
    },
  });
  return { title: 'mongodbatlas-backup-exporter', ...schema } as JsonSchema;
}

/** Tells which keys a schema allows at a path. The JSON Schema is made at the first call, once. */
export function createKeysAt(makeSchema: () => JsonSchema): (path: Path) => readonly string[] {
  let root: JsonSchema | undefined;
  return (path) => {
    root ??= makeSchema();
    let schema: JsonSchema | undefined = root;
    for (const step of path) {
      schema = typeof step === 'number' ? schema?.items : schema?.properties?.[String(step)];
    }
    return Object.keys(schema?.properties ?? {});
  };
}
