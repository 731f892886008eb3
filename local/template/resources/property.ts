/** A resource's properties, evaluated. */
export type Properties = Readonly<Record<string, unknown>>;

/** Throws an error that says which property was expected to be what. */
export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (typeof value === "string" && value !== "") return value;
  throw new Error(`expected ${name} to be a text, got ${JSON.stringify(value)}`);
}

/** CloudFormation takes numbers as text too. */
export function number(properties: Properties, name: string, otherwise?: number): number {
  const value = properties[name] ?? otherwise;
  const found = typeof value === "string" ? Number(value) : value;
  if (typeof found === "number" && Number.isFinite(found)) return found;
  throw new Error(`expected ${name} to be a number, got ${JSON.stringify(value)}`);
}

/** An object of properties; an empty one where it is not given. */
export function object(properties: Properties, name: string): Properties {
  const value = properties[name] ?? {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Properties;
  throw new Error(`expected ${name} to be an object, got ${JSON.stringify(value)}`);
}
