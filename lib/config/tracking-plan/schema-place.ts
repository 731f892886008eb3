import type { JsonSchema } from "../planned-schema.ts";
import { subschemas } from "./subschemas.ts";

const isPattern = (source: string): boolean => {
  try {
    return new RegExp(source, "u") instanceof RegExp;
  } catch {
    return false;
  }
};

function brokenPattern({ pattern, patternProperties }: JsonSchema): string | undefined {
  if (typeof pattern === "string" && !isPattern(pattern)) return "pattern";
  const name = Object.keys(Object(patternProperties)).find((source) => !isPattern(source));
  return name === undefined ? undefined : `patternProperties/${name}`;
}

/**
 * Where a compiler's message points: by a path in it, by the first place of the keyword that it names, or by the first
 * pattern that is none. "" where it does not say, which is the schema itself.
 */
export function schemaPlace(message: string, schema: JsonSchema): string {
  const path = /at path "#([^"]*)"/.exec(message)?.[1];
  if (path !== undefined) return path;
  const keyword = /keyword: "([^"]+)"/.exec(message)?.[1];
  const isBroken = message.startsWith("Invalid regular expression");
  for (const { path, schema: one } of subschemas(schema)) {
    if (keyword !== undefined && Object.hasOwn(one, keyword)) return `${path}/${keyword}`;
    const broken = isBroken ? brokenPattern(one) : undefined;
    if (broken !== undefined) return `${path}/${broken}`;
  }
  return "";
}
