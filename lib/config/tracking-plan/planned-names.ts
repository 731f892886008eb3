import { type Fields, isFields } from "../../stream/event/fields.ts";
import type { JsonSchema } from "../planned-schema.ts";

/** The names of the properties that a schema knows, inside each other. */
export interface PlannedNames {
  readonly below?: Readonly<Record<string, PlannedNames>>;
  /** Of the entries of a list. */
  readonly items?: PlannedNames;
}

type Mutable = { below?: Record<string, PlannedNames>; items?: PlannedNames };

const alternatives = ["allOf", "anyOf", "oneOf"] as const;
const conditional = ["then", "else"] as const;

/** The names in a schema and in the alternatives that it has for the same value. References are not followed. */
export function plannedNames(schema: JsonSchema): PlannedNames {
  const names: Mutable = {};
  addNames(names, schema);
  return names;
}

function addNames(names: Mutable, schema: unknown): void {
  if (!isFields(schema)) return;
  const { properties, items } = schema;
  for (const [name, below] of Object.entries(isFields(properties) ? properties : {})) {
    if (name === "__proto__") continue;
    names.below ??= {};
    const known: Mutable = Object.hasOwn(names.below, name) ? (names.below[name] ?? {}) : {};
    addNames(known, below);
    names.below[name] = known;
  }
  if (isFields(items)) {
    names.items ??= {};
    addNames(names.items, items);
  }
  for (const keyword of alternatives) {
    const branches = schema[keyword];
    if (Array.isArray(branches)) for (const branch of branches) addNames(names, branch);
  }
  for (const keyword of conditional) addNames(names, schema[keyword]);
}

/**
 * A value with flat names ("user.email", as flattened exports have them) in the places that a plan has for them: in
 * `user`, `email`. A name that the plan itself writes flat stays, and so does one that it does not know. Where the nested
 * value is there too, it stays and the flat one goes. The value itself where nothing changes; else a copy.
 */
export function nestedAsPlanned(value: unknown, names: PlannedNames): unknown {
  if (Array.isArray(value)) return names.items === undefined ? value : eachNested(value, names.items);
  const { below } = names;
  if (below === undefined || !isFields(value)) return value;
  let nested = value;
  for (const name of Object.keys(value)) {
    if (name.includes(".") && !Object.hasOwn(below, name)) nested = moved(nested, name, below);
  }
  for (const [name, inner] of Object.entries(nested)) {
    const known = Object.hasOwn(below, name) ? below[name] : undefined;
    const changed = known === undefined ? inner : nestedAsPlanned(inner, known);
    if (changed !== inner) nested = { ...nested, [name]: changed };
  }
  return nested;
}

function eachNested(list: readonly unknown[], names: PlannedNames): readonly unknown[] {
  const nested = list.map((entry) => nestedAsPlanned(entry, names));
  return nested.some((entry, index) => entry !== list[index]) ? nested : list;
}

/** With the value of a flat name in its planned place; unchanged where there is no such place. */
function moved(value: Fields, flat: string, below: NonNullable<PlannedNames["below"]>): Fields {
  const path = flat.split(".");
  if (!isPlanned(path, below)) return value;
  const { [flat]: own, ...others } = value;
  return placed(others, path, own) ?? value;
}

function isPlanned(path: readonly string[], below: PlannedNames["below"]): boolean {
  const [name = "", ...rest] = path;
  if (below === undefined || !Object.hasOwn(below, name)) return false;
  return rest.length === 0 || isPlanned(rest, below[name]?.below);
}

/** Undefined where something that is no object is in the way. */
function placed(value: Fields, [name = "", ...rest]: readonly string[], own: unknown): Fields | undefined {
  const there = value[name] ?? undefined;
  if (rest.length === 0) return there === undefined ? { ...value, [name]: own } : value;
  if (there !== undefined && !isFields(there)) return undefined;
  const inner = placed(there ?? {}, rest, own);
  return inner === undefined ? undefined : { ...value, [name]: inner };
}
