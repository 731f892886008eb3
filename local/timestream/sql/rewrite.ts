import { databaseSchema } from "../catalog/table.ts";
import { invalid } from "../failure.ts";
import type { FunctionRule } from "./function-rule.ts";
import { DUCKDB_ONLY, duckdbName, ruleOf } from "./functions.ts";
import { LACKING } from "./lacking.ts";
import { identifier, literal } from "./quoting.ts";
import { intervalSql, type Token } from "./token.ts";

export interface RewriteContext {
  /** What `now()` is: epoch milliseconds. */
  readonly nowMs: number;
  /** Whether there is a table of that very name. */
  hasTable(database: string, table: string): boolean;
}

/** Words DuckDB reserves and Trino does not: as names they need quotes. (It also keeps DuckDB's own clauses out.) */
const RESERVED_BY_DUCKDB: ReadonlySet<string> = new Set(
  "analyse analyze asymmetric check collate column default deferrable do exclude foreign initially lambda pivot placing primary qualify references returning summarize symmetric unique unpivot variadic".split(
    " ",
  ),
);

/** Functions that the grammar has a form of their own for, with FROM. */
const GRAMMAR: ReadonlySet<string> = new Set(["trim", "substring"]);

/** DuckDB gives up at 1,000 levels; a query a person or program means stays far below. */
const NESTING_MAX = 300;

const CURRENT: Readonly<Record<string, (now: Date) => string>> = {
  current_timestamp: (now) => timestampSql(now),
  localtime: (now) => `TIME '${now.toISOString().slice(11, 23)}'`,
  localtimestamp: (now) => timestampSql(now),
  current_date: (now) => `DATE '${now.toISOString().slice(0, 10)}'`,
  current_time: (now) => `TIME '${now.toISOString().slice(11, 23)}'`,
};

/** Rewrites Timestream SQL to DuckDB's. Strings and quoted names come out as they went in. */
export function rewrite(tokens: readonly Token[], context: RewriteContext): string {
  return new Rewriter(tokens, context).run();
}

class Rewriter {
  readonly #tokens: readonly Token[];
  readonly #context: RewriteContext;
  readonly #now: Date;
  readonly #out: string[] = [];
  readonly #closing: ReadonlyMap<number, number>;
  /** Replacements of commas and parentheses, by index. */
  readonly #instead = new Map<number, string>();
  /** Index of the parenthesis after which decimal literals are doubles again. */
  #decimalsUntil = -1;

  constructor(tokens: readonly Token[], context: RewriteContext) {
    this.#tokens = tokens;
    this.#context = context;
    this.#now = new Date(context.nowMs);
    this.#closing = pairs(tokens);
  }

  run(): string {
    let at = 0;
    while (at < this.#tokens.length) at += this.#step(at);
    return this.#out.join(" ");
  }

  /** Writes what stands at `at` and returns how many tokens that was. */
  #step(at: number): number {
    const token = this.#tokens[at];
    if (!token) return 1;
    switch (token.kind) {
      case "string":
        return this.#write(literal(token.value), 1);
      case "duration":
        return this.#write(intervalSql(token), 1);
      case "number":
        return this.#write(this.#number(token, at), 1);
      case "symbol":
        if (token.text === "-" && this.#tokens[at + 1]?.text === ">" && this.#tokens[at + 1]?.at === token.at + 1) {
          throw invalid("Lambda expressions (->) are part of Timestream SQL, but do not run on the laptop");
        }
        if (token.text === "::") throw invalid("'::' can only be part of a column name such as measure_value::double");
        return this.#write(this.#instead.get(at) ?? token.text, 1);
      case "word":
      case "quoted":
        return this.#name(token, at);
      default:
        return token.kind satisfies never;
    }
  }

  #name(token: Token, at: number): number {
    const next = this.#tokens[at + 1]?.text;
    if (token.kind === "word" && token.value === "measure_value" && next === "::") {
      const type = this.#tokens[at + 2]?.value ?? "";
      return this.#write(identifier(`measure_value::${type}`), 3);
    }
    const afterDot = this.#tokens[at - 1]?.text === ".";
    const table = this.#tokens[at + 2];
    if (!afterDot && next === "." && table && isName(table) && this.#context.hasTable(nameOf(token), nameOf(table))) {
      return this.#write(`${identifier(databaseSchema(nameOf(token)))}.${identifier(nameOf(table))}`, 3);
    }
    if (next === "(" && !afterDot) return this.#call(token, at);
    if (token.kind === "quoted") return this.#write(identifier(token.value), 1);
    const current = !afterDot && Object.hasOwn(CURRENT, token.value) ? CURRENT[token.value] : undefined;
    if (current) return this.#write(current(this.#now), 1);
    return this.#write(RESERVED_BY_DUCKDB.has(token.value) ? identifier(token.text) : token.text, 1);
  }

  /** A name with a parenthesis after it: a function, or a word of the grammar, which stays as it is. */
  #call(token: Token, at: number): number {
    const name = token.value.toLowerCase();
    if (name === "unnest") return this.#unnest(at + 1);
    const rule = ruleOf(name);
    if (!rule) {
      // After a parenthesis it is the word of an aggregate: count(*) FILTER (WHERE ...).
      if (LACKING.has(name) && this.#tokens[at - 1]?.text !== ")") {
        throw invalid(`Function ${name} is part of Timestream SQL, but does not run on the laptop`);
      }
      if (DUCKDB_ONLY.has(name) || name.startsWith("ts_")) throw invalid(`Function ${name} not registered`);
      return this.#write(token.kind === "quoted" ? identifier(token.value) : token.text, 1);
    }
    const close = this.#closing.get(at + 1) ?? at + 1;
    // trim(BOTH 'x' FROM y), substring(x FROM 2): DuckDB reads these only under their own names.
    if (GRAMMAR.has(name) && this.#hasWord("from", at + 1, close)) return this.#write(name, 1);
    const target = this.#target(name, rule, at + 1, close);
    if (rule.decimals) this.#decimalsUntil = Math.max(this.#decimalsUntil, close);
    if (!rule.clock) return this.#write(target, 1);
    return this.#write(`${target} ( ${timestampSql(this.#now)} ${close > at + 2 ? "," : ""}`, 2);
  }

  /**
   * Several arrays side by side, or a time series in columns for its times and values, have no UNNEST in DuckDB: they
   * become a subquery.
   */
  #unnest(open: number): number {
    const close = this.#closing.get(open) ?? open;
    const commas = this.#commas(open, close);
    const alias = this.#tokens[close + 1]?.value === "as" ? close + 2 : close + 1;
    const columns = this.#tokens[alias + 1]?.text === "(" ? alias + 1 : undefined;
    const count = columns === undefined ? 0 : this.#commas(columns, this.#closing.get(columns) ?? columns).length + 1;
    if (commas.length === 0 && count !== 2) return this.#write("unnest", 1);
    for (const comma of commas) this.#instead.set(comma, ") , unnest (");
    this.#instead.set(close, commas.length === 0 ? ", max_depth := 2 ) )" : ") )");
    return this.#write("( SELECT unnest", 1);
  }

  /** Whether a word of the grammar stands between two parentheses, and not in parentheses of its own. */
  #hasWord(word: string, open: number, close: number): boolean {
    return this.#arguments(open, close).some((tokens) => {
      let depth = 0;
      return tokens.some((token) => {
        if (token.text === "(") depth++;
        if (token.text === ")") depth--;
        return depth === 0 && token.kind === "word" && token.value === word;
      });
    });
  }

  /** Indexes of the commas between two parentheses. */
  #commas(open: number, close: number): number[] {
    let at = open;
    return this.#arguments(open, close)
      .slice(0, -1)
      .map((tokens) => {
        at += tokens.length + 1;
        return at;
      });
  }

  #target(name: string, rule: FunctionRule, open: number, close: number): string {
    if (rule.ofInterval === undefined) return duckdbName(name);
    const [, second] = this.#arguments(open, close);
    const interval = second?.some(
      ({ kind, value }) => kind === "duration" || (kind === "word" && value === "interval"),
    );
    return duckdbName(interval ? rule.ofInterval : name);
  }

  #arguments(open: number, close: number): Token[][] {
    const found: Token[][] = [[]];
    let depth = 0;
    for (const token of this.#tokens.slice(open + 1, close)) {
      if (token.text === "(" || token.text === "[") depth++;
      if (token.text === ")" || token.text === "]") depth--;
      if (token.kind === "symbol" && token.text === "," && depth === 0) found.push([]);
      else found.at(-1)?.push(token);
    }
    return found;
  }

  /** A literal with a point is a double in Timestream, which has no decimals ("Supported data types"). */
  #number({ text }: Token, at: number): string {
    if (!Number.isFinite(Number(text))) throw invalid(`Invalid numeric literal: ${text}`);
    const decimal = text.includes(".") && !/e/i.test(text);
    return decimal && at > this.#decimalsUntil ? `${text}e0` : text;
  }

  #write(sql: string, tokens: number): number {
    this.#out.push(sql);
    return tokens;
  }
}

/** Index of each opening parenthesis -> index of its closing one. */
function pairs(tokens: readonly Token[]): Map<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const [at, { text }] of tokens.entries()) {
    if (text === "(") open.push(at);
    if (open.length > NESTING_MAX) throw invalid(`Expected parentheses at most ${NESTING_MAX} deep`);
    if (text !== ")") continue;
    const opened = open.pop();
    if (opened === undefined) throw invalid("Expected an opening parenthesis before every closing one");
    closing.set(opened, at);
  }
  if (open.length > 0) throw invalid("Expected a closing parenthesis, got the end of the query");
  return closing;
}

function isName(token: Token): boolean {
  return token.kind === "word" || token.kind === "quoted";
}

/** Names are case sensitive (developer guide, "Naming constraints"), without quotes, too. */
export function nameOf(token: Token): string {
  return token.kind === "quoted" ? token.value : token.text;
}

function timestampSql(now: Date): string {
  return `TIMESTAMP '${now.toISOString().slice(0, -1).replace("T", " ")}'`;
}
