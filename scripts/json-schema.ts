/** The JSON Schema of a config file, for editors and the docs. */
import { z } from 'zod';

/** The part of JSON Schema that the schemas of this program use. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false | JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: string;
}

export function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      // Defaults that zod does not fill in, because they depend on other keys or on the environment.
      if ('defaultElsewhere' in jsonSchema) jsonSchema.default = jsonSchema['defaultElsewhere'] as string;
      delete jsonSchema['defaultElsewhere'];
    },
  }) as JsonSchema;
}
