import { Ajv, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { shown } from "../../problem.ts";
import type { Problem } from "../check-fields.ts";
import { ConfigError, type ConfigProblem } from "../error.ts";
import type { JsonSchema } from "../planned-schema.ts";
import type { PlannedEvents } from "../shape.ts";
import { multipleOf } from "./multiple-of.ts";
import { type PlannedNames, plannedNames } from "./planned-names.ts";
import { readSchema } from "./read-schema.ts";
import { schemaPlace } from "./schema-place.ts";
import { subschemas } from "./subschemas.ts";
import { type PlanWords, usualName } from "./violation-of.ts";

/** Bytes of all schemas of a plan as JSON: they become code, which a function loads as it starts. */
export const planBytesMax = 1024 * 1024;

/** A schema as a function. */
export interface CompiledSchema {
  readonly section: "events" | "types";
  /** Of the event, or the type. */
  readonly name: string;
  readonly validate: ValidateFunction;
  readonly words: PlanWords;
  readonly plannedNames: PlannedNames;
  readonly isQuick: boolean;
  readonly compiler: Ajv | Ajv2020;
}

const options: Options = {
  // Unknown keywords and formats are mistakes; types need not be said with each keyword.
  strictSchema: true,
  strictTypes: false,
  strictTuples: false,
  strictRequired: false,
  allErrors: true,
  messages: false,
  logger: false,
};

/** Ajv knows drafts by their `$schema`. */
const drafts: Readonly<Record<string, "2020-12" | "07">> = {
  "https://json-schema.org/draft/2020-12/schema": "2020-12",
  "http://json-schema.org/draft-07/schema": "07",
};

class Compilers {
  readonly #withSource: boolean;
  readonly #compilers = new Map<string, Ajv | Ajv2020>();

  constructor(withSource: boolean) {
    this.#withSource = withSource;
  }

  of(draft: "2020-12" | "07"): Ajv | Ajv2020 {
    const known = this.#compilers.get(draft);
    if (known !== undefined) return known;
    const all = { ...options, ...(this.#withSource ? { code: { source: true, esm: true } } : {}) };
    const compiler = draft === "07" ? new Ajv(all) : new Ajv2020(all);
    ajvFormats.default(compiler);
    compiler.removeKeyword("multipleOf").addKeyword(multipleOf);
    this.#compilers.set(draft, compiler);
    return compiler;
  }
}

/**
 * Compiles the schemas of a plan. Throws ConfigError with all that is wrong with them: what is no JSON Schema, unknown
 * keywords and formats, references to elsewhere, sizes. `withSource` keeps what standalone code is made from.
 */
export function compilePlan(plan: PlannedEvents, withSource = false): CompiledSchema[] {
  const problems: ConfigProblem[] = [];
  const problem: Problem = (path, expected, value) => {
    problems.push({ path, expected, received: shown(value) });
  };
  const compilers = new Compilers(withSource);
  const compiled: CompiledSchema[] = [];
  let planBytes = 0;
  for (const section of ["events", "types"] as const) {
    for (const [name, planned] of Object.entries(plan[section] ?? {})) {
      const path = `trackingPlan.${section}.${name}`;
      const read = readSchema(planned, path, problem);
      planBytes += read?.bytes ?? 0;
      // No more is compiled of a plan that is too large.
      if (read === undefined || planBytes > planBytesMax) continue;
      const one = compileSchema(read.schema, path, compilers, problem);
      if (one !== undefined)
        compiled.push({
          section,
          name,
          words: { names: unusualNames(read.schema), patternNames: read.patternNames },
          plannedNames: plannedNames(read.schema),
          isQuick: isQuick(read.schema),
          ...one,
        });
    }
  }
  if (planBytes > planBytesMax) problem("trackingPlan", `schemas of at most ${planBytesMax} bytes in all`, planBytes);
  if (problems.length > 0) throw new ConfigError(problems);
  return compiled;
}

/** What may take longer than to look at each property once: a pattern may take for ever, and lists have any length. */
const slowKeywords = ["pattern", "patternProperties", "format", "propertyNames", "uniqueItems"].concat(
  ["items", "prefixItems", "additionalItems", "unevaluatedItems", "contains", "enum", "const"],
  ["$ref", "$dynamicRef", "$recursiveRef", "dependencies", "dependentSchemas", "unevaluatedProperties"],
  ["allOf", "anyOf", "oneOf", "not", "if", "then", "else"],
);

/** Whether no event can keep a check busy. */
export const isQuick = (schema: JsonSchema): boolean =>
  [...subschemas(schema)].every(({ schema: each }) => slowKeywords.every((keyword) => each[keyword] === undefined));

function compileSchema(
  schema: JsonSchema,
  path: string,
  compilers: Compilers,
  problem: Problem,
): Pick<CompiledSchema, "validate" | "compiler"> | undefined {
  const { $schema = "http://json-schema.org/draft-07/schema" } = schema;
  const draft = typeof $schema === "string" ? drafts[$schema.replace(/#$/, "")] : undefined;
  if (draft === undefined) {
    problem(`${path}/$schema`, `one of ${Object.keys(drafts).join(", ")}`, $schema);
    return undefined;
  }
  const compiler = compilers.of(draft);
  if (compiler.validateSchema(schema) !== true) {
    // The first says most: what follows are the other branches of the draft's own schema.
    const [{ instancePath = "", keyword = "", params = {} } = {}] = compiler.errors ?? [];
    problem(`${path}${instancePath}`, `what draft ${draft} of JSON Schema has there (${keyword})`, params);
    return undefined;
  }
  try {
    return { validate: compiler.compile(schema), compiler };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problem(`${path}${schemaPlace(message, schema)}`, "a schema that compiles", message);
    return undefined;
  } finally {
    // Two events may have schemas with the same `$id`.
    compiler.removeSchema(schema);
  }
}

function unusualNames(schema: JsonSchema): string[] {
  const names = new Set<string>();
  for (const { schema: one } of subschemas(schema)) {
    const { properties, required } = one;
    const here = [...Object.keys(Object(properties)), ...(Array.isArray(required) ? required : [])];
    for (const name of here) if (!usualName.test(String(name))) names.add(String(name));
  }
  return [...names];
}
