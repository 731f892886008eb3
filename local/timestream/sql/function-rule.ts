/** How one function of Timestream SQL runs on DuckDB. */
export interface FunctionRule {
  /** DuckDB's name; the function's own where left out. */
  readonly as?: string;
  /** Body of a DuckDB macro that stands for the function, by parameter list (one entry per number of arguments). */
  readonly macro?: Readonly<Record<string, string>>;
  /** The macro's first parameter is the current time, which the query does not pass. */
  readonly clock?: true;
  /** Decimal literals among the arguments stay decimal. */
  readonly decimals?: true;
  /** Another rule holds where the second argument has an interval in it. */
  readonly ofInterval?: string;
}

export const same = (...names: string[]): Record<string, FunctionRule> =>
  Object.fromEntries(names.map((name) => [name, {}]));
export const macro = (parameters: string, body: string): FunctionRule => ({ macro: { [parameters]: body } });
