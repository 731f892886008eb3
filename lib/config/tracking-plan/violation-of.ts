import { shown } from "../../problem.ts";
import type { Violation } from "../../stream/event/refused.ts";

/** What a compiled schema says of a value that it refuses. */
export interface SchemaError {
  readonly keyword: string;
  /** A JSON pointer (RFC 6901). */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Where the error is about the name of a property. */
  readonly propertyName?: string;
}

/** Letters and a few signs: what a developer calls a property, and hardly what identifies a person. */
export const usualName = /^[A-Za-z$_-]{1,40}$/;
/** Of a list in an event of 32 KB. */
const index = /^\d{1,5}$/;

/** What the words of a violation take from the schema. */
export interface PlanWords {
  /** Names of properties that would not show as names by themselves. */
  readonly names: readonly string[];
  /** What a pattern is of: "ulid". */
  readonly patternNames: Readonly<Record<string, string>>;
}

type Params = SchemaError["params"];
const counted = (least: string, what: string) => (params: Params) => `at ${least} ${params.limit} ${what}`;

/** The words for a keyword. All that stands in them is the schema's. */
const words: Readonly<Record<string, (params: Params) => string>> = {
  type: ({ type }) => (Array.isArray(type) ? type.join(" or ") : String(type)),
  required: () => "a value",
  dependentRequired: () => "a value",
  dependencies: () => "a value",
  additionalProperties: () => "no property of this name",
  unevaluatedProperties: () => "no property of this name",
  propertyNames: () => "another name",
  enum: ({ allowedValues }) => `one of ${shown(allowedValues).replace(/^\[|\]$/g, "")}`,
  const: ({ allowedValue }) => shown(allowedValue),
  pattern: ({ pattern }) => `a match of ${shown(pattern)}`,
  format: ({ format }) => `${format}`,
  minimum: ({ limit }) => `at least ${limit}`,
  maximum: ({ limit }) => `at most ${limit}`,
  exclusiveMinimum: ({ limit }) => `more than ${limit}`,
  exclusiveMaximum: ({ limit }) => `less than ${limit}`,
  multipleOf: ({ multipleOf }) => `a multiple of ${multipleOf}`,
  minLength: counted("least", "characters"),
  maxLength: counted("most", "characters"),
  minItems: counted("least", "entries"),
  maxItems: counted("most", "entries"),
  minProperties: counted("least", "properties"),
  maxProperties: counted("most", "properties"),
  uniqueItems: () => "no entry twice",
};

/** An error of a schema as a violation. `top` is the member of the event that the schema is of. */
export function violationOf(error: SchemaError, top: string, { names, patternNames }: PlanWords): Violation {
  const { keyword, instancePath, params, propertyName } = error;
  const pointer = instancePath.split("/").slice(1);
  const above = pointer.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last =
    params.missingProperty ??
    params.additionalProperty ??
    params.unevaluatedProperty ??
    params.propertyName ??
    propertyName;
  const path = [...above, ...(typeof last === "string" ? [last] : [])];
  const known = Object.hasOwn(words, keyword) ? words[keyword] : undefined;
  const format = keyword === "pattern" ? String(params.pattern) : "";
  if (Object.hasOwn(patternNames, format))
    return { path: pathOf(top, path, names), rule: "format", expected: patternNames[format] ?? "" };
  return {
    path: pathOf(top, path, names),
    rule: keyword,
    expected: known?.(params) ?? `what "${keyword}" asks for`,
  };
}

const pathOf = (top: string, path: readonly string[], names: readonly string[]): string =>
  [top, ...path.map((name) => shownName(name, names))].join(".");

const shownName = (name: string, names: readonly string[]): string =>
  usualName.test(name) || index.test(name) || names.includes(name) ? name : "*";
