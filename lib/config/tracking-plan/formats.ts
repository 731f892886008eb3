import { fullFormats } from "ajv-formats/dist/formats.js";
import type { JsonSchema } from "../planned-schema.ts";
import { subschemas } from "./subschemas.ts";

/** Formats that say how a pattern came about, where the pattern itself says more. */
const patternsThemselves = new Set(["starts_with", "ends_with", "includes", "lowercase", "uppercase", "regex"]);

/** For formats that libraries write without a pattern. `uri` is what `new URL` reads, as it is in zod. */
const patterns: Readonly<Record<string, string>> = {
  jwt: "^[\\w-]+\\.[\\w-]+\\.[\\w-]*$",
  uri: "^\\s*[A-Za-z][A-Za-z0-9+.-]*:.*\\S",
};

/** A schema whose formats the compiler knows, and the names of the formats that patterns have taken the place of. */
export interface WithoutFormats {
  readonly schema: JsonSchema;
  readonly patternNames: Readonly<Record<string, string>>;
}

/**
 * Takes formats out of a schema where a pattern beside them says what they mean: those that the compiler does not know
 * ("ulid"), and all of them in the schema of a library, which goes by its pattern: the compiler's "email" is another one. What
 * a library checks in code, JSON Schema cannot say, and its format is left out. Any other unknown format is left for the
 * compiler to refuse. Changes the schema.
 */
export function withoutFormats(schema: JsonSchema, isLibrary: boolean): WithoutFormats {
  const patternNames: Record<string, string> = {};
  for (const { schema: each } of subschemas(schema)) {
    const one = each as { format?: unknown; pattern?: unknown };
    const { format } = one;
    if (typeof format !== "string") continue;
    const isKnown = Object.hasOwn(fullFormats, format);
    const own = patternsOf(each);
    const replacement = Object.hasOwn(patterns, format) ? patterns[format] : undefined;
    if (own.length > 0) {
      if (isKnown && !isLibrary) continue;
      if (!patternsThemselves.has(format)) for (const pattern of own) patternNames[pattern] = format;
      delete one.format;
    } else if (replacement !== undefined && (isLibrary || !isKnown)) {
      one.pattern = replacement;
      patternNames[replacement] = format;
      delete one.format;
    } else if (isLibrary && !isKnown) {
      delete one.format;
    }
  }
  return { schema, patternNames };
}

/** The patterns that hold for what a schema is about: its own, and those of an `allOf` in it. */
function patternsOf({ pattern, allOf }: JsonSchema): string[] {
  const parts: readonly unknown[] = Array.isArray(allOf) ? allOf : [];
  const all = [pattern, ...parts.map((part) => (Object(part) as JsonSchema).pattern)];
  return all.filter((one) => typeof one === "string");
}
