/** The config file's schema as JSON Schema: for editors, for the docs, and to know which keys a place may have. */
import { z } from 'zod';
import { configSchema } from './schema.ts';

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
      // What the loader fills in, and not zod, is a default for people all the same.
      if ('defaultElsewhere' in jsonSchema) jsonSchema.default = jsonSchema['defaultElsewhere'] as string;
      delete jsonSchema['defaultElsewhere'];
    },
  });
  return { title: 'mongodbatlas-backup-exporter', ...schema } as JsonSchema;
}

/** The keys that a schema knows at a place of the file. */
export function keysAt(root: JsonSchema, path: readonly PropertyKey[]): readonly string[] {
  let schema: JsonSchema | undefined = root;
  for (const step of path) {
    schema = typeof step === 'number' ? schema?.items : schema?.properties?.[String(step)];
  }
  return Object.keys(schema?.properties ?? {});
}
