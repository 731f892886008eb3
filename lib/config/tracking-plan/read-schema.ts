import type { Problem } from "../check-fields.ts";
import type { JsonSchema, PlannedSchema, StandardJsonSchema } from "../planned-schema.ts";
import { type WithoutFormats, withoutFormats } from "./formats.ts";
import { subschemas } from "./subschemas.ts";

/** Bytes of one schema as JSON. */
export const schemaBytesMax = 64 * 1024;
/** Objects and lists in each other in a schema. */
const schemaDepthMax = 50;

/** Keywords that point at another schema. */
const references = ["$ref", "$dynamicRef", "$recursiveRef"];

export interface ReadSchema extends WithoutFormats {
  readonly bytes: number;
}

/**
 * A planned schema as plain JSON Schema of its own; undefined where it is none, with the problem noted. Nothing outside
 * of it is ever fetched.
 */
export function readSchema(planned: PlannedSchema, path: string, problem: Problem): ReadSchema | undefined {
  const text = textOf(planned, path, problem);
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  const note = (below: string, expected: string, value: unknown): undefined => {
    problem(`${path}${below}`, expected, value);
  };
  if (bytes > schemaBytesMax) return note("", `a schema of at most ${schemaBytesMax} bytes of JSON`, bytes);
  const schema = JSON.parse(text) as JsonSchema;
  if (depthOf(schema) > schemaDepthMax)
    return note("", `a schema at most ${schemaDepthMax} levels deep`, "a deeper one");
  let isSound = true;
  for (const { path: below, schema: one } of subschemas(schema)) {
    for (const keyword of references) {
      const target = one[keyword];
      if (target === undefined || (typeof target === "string" && target.startsWith("#"))) continue;
      note(`${below}/${keyword}`, 'a reference inside the schema, such as "#/$defs/price"', target);
      isSound = false;
    }
    if (Object.hasOwn(one, "$async")) {
      note(`${below}/$async`, "a schema without $async", one.$async);
      isSound = false;
    }
  }
  return isSound ? { ...withoutFormats(schema, isLibrary(planned)), bytes } : undefined;
}

/** Whether it is of a library, which makes JSON Schema of it by itself. */
const isLibrary = (planned: PlannedSchema): planned is StandardJsonSchema =>
  "~standard" in planned && typeof planned["~standard"] === "object";

function textOf(planned: PlannedSchema, path: string, problem: Problem): string | undefined {
  try {
    // What the sender sends is the input of a schema that also transforms.
    if (!isLibrary(planned)) return JSON.stringify(planned);
    return JSON.stringify(planned["~standard"].jsonSchema.input({ target: "draft-2020-12" }));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problem(path, "a schema that JSON Schema can say", message);
    return undefined;
  }
}

/** Levels of a value, counted no further than one over the limit. */
function depthOf(value: unknown, level = 0): number {
  if (typeof value !== "object" || value === null || level > schemaDepthMax) return level;
  return Object.values(value).reduce<number>((most, one) => Math.max(most, depthOf(one, level + 1)), level + 1);
}
