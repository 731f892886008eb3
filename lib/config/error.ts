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
