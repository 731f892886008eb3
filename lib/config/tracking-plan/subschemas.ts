import type { JsonSchema } from "../planned-schema.ts";

/** Where a schema has schemas: one, a list of them, or an object of them by name. */
const single = ["additionalItems", "additionalProperties", "contains", "else", "if", "items", "not"].concat(
  ...["propertyNames", "then", "unevaluatedItems", "unevaluatedProperties"],
);
const lists = ["allOf", "anyOf", "oneOf", "prefixItems", "items"];
const maps = ["$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties"];

export interface Subschema {
  /** Slashes between the names, as in an error of a compiler; "" for the schema itself. */
  readonly path: string;
  readonly schema: JsonSchema;
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A schema and all that are in it, but not what only looks like one: a property's name, a value of an enum. */
export function* subschemas(schema: JsonSchema, path = ""): Generator<Subschema> {
  yield { path, schema };
  for (const [below, value] of valuesIn(schema, path)) if (isObject(value)) yield* subschemas(value, below);
}

function* valuesIn(schema: JsonSchema, path: string): Generator<[path: string, value: unknown]> {
  for (const name of single) yield [`${path}/${name}`, schema[name]];
  for (const name of lists) {
    const list = schema[name];
    if (Array.isArray(list)) for (const [index, entry] of list.entries()) yield [`${path}/${name}/${index}`, entry];
  }
  for (const name of maps) {
    const map = schema[name];
    if (isObject(map)) for (const [key, entry] of Object.entries(map)) yield [`${path}/${name}/${key}`, entry];
  }
}
