import { environmentNames } from "./names.ts";

export type EnvironmentName = keyof typeof environmentNames;

/** The functions' environment variables by what they hold. Throws an error that names every one that is missing. */
export function readEnvironment<Name extends EnvironmentName>(
  variables: Readonly<Record<string, string | undefined>>,
  names: readonly Name[],
): Record<Name, string> {
  const missing = names.map((name) => environmentNames[name]).filter((variable) => !variables[variable]);
  if (missing.length > 0)
    throw new Error(`Expected the environment variables ${missing.join(", ")} to be set, got none`);
  const values = names.map((name): [Name, string] => [name, variables[environmentNames[name]] ?? ""]);
  return Object.fromEntries(values) as Record<Name, string>;
}
