/** One thing wrong with a configuration. */
export interface ConfigProblem {
  /** Where: "metrics.orders.by.country". */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
}

/** A configuration that cannot be used; says for each problem where it is, what was expected and what came. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(({ path, expected, received }) => `  ${path}: expected ${expected}, got ${received}`);
    super(`The configuration cannot be used:\n${lines.join("\n")}`);
    this.problems = problems;
  }
}

/** A value as an error shows it: short, and told apart from text of the message. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = textOf(value);
  return text.length > 80 ? `${text.slice(0, 77).toWellFormed()}...` : text;
}

function textOf(value: unknown): string {
  if (typeof value === "function") return "a function";
  // JSON has no word for NaN and the infinities.
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // A circle, or arrays in arrays by the thousand: JSON.parse reads what JSON.stringify has no stack for.
    return "a value too deep to show";
  }
}
