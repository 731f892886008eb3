/** A value of one period; undefined where there is no data. */
type Value = number | undefined;
type Values = ReadonlyMap<string, Value>;

/** An expression of metric math, and the metrics that it is over. */
export interface Expression {
  readonly ids: ReadonlySet<string>;
  /** The value of a period, from those of the metrics. */
  readonly evaluate: (values: Values) => Value;
}

type Node = (values: Values) => Value;

/** Operators by how tightly they bind, the loosest first. */
const operators: readonly Readonly<Record<string, (a: number, b: number) => number>>[] = [
  { OR: (a, b) => Number(a !== 0 || b !== 0) },
  { AND: (a, b) => Number(a !== 0 && b !== 0) },
  {
    ">": (a, b) => Number(a > b),
    "<": (a, b) => Number(a < b),
    ">=": (a, b) => Number(a >= b),
    "<=": (a, b) => Number(a <= b),
    "==": (a, b) => Number(a === b),
    "!=": (a, b) => Number(a !== b),
  },
  { "+": (a, b) => a + b, "-": (a, b) => a - b },
  { "*": (a, b) => a * b, "/": (a, b) => a / b },
];

/** What lacks data stays so, but for FILL, and for MAX and MIN over a list, which leave it out. */
const functions: Readonly<Record<string, (parameters: readonly Value[]) => Value>> = {
  FILL: ([value, filler]) => value ?? filler,
  IF: ([condition, yes, no]) => (condition === undefined ? undefined : condition !== 0 ? yes : no),
  MAX: (values) => ofKnown(values, Math.max),
  MIN: (values) => ofKnown(values, Math.min),
};

function ofKnown(values: readonly Value[], of: (...known: number[]) => number): Value {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : of(...known);
}

const token = /\s*(\d+(?:\.\d+)?|[a-zA-Z_]\w*|>=|<=|==|!=|[-+*/<>()[\],])/y;

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const at = token.lastIndex;
    const found = token.exec(text)?.[1];
    if (found === undefined) throw new Error(`expected metric math that runs here, got ${text.slice(at)}`);
    tokens.push(found);
  }
  return tokens;
}

/**
 * Reads metric math as far as it runs here: numbers, ids, + - * /, comparisons, AND, OR, FILL with a number, IF, MAX and MIN
 * of a list (CloudWatch user guide, "Using math expressions with CloudWatch metrics"). Throws an error that names what
 * else there is.
 */
export function readExpression(text: string): Expression {
  const parser = new Parser(tokensOf(text));
  const evaluate = parser.whole();
  return { ids: parser.ids, evaluate };
}

class Parser {
  readonly ids = new Set<string>();
  readonly #tokens: string[];

  constructor(tokens: string[]) {
    this.#tokens = tokens;
  }

  whole(): Node {
    const node = this.#operation(0);
    if (this.#tokens.length > 0) throw unexpected("the end", this.#tokens[0]);
    return node;
  }

  #operation(level: number): Node {
    const known = operators[level];
    if (known === undefined) return this.#operand();
    let left = this.#operation(level + 1);
    for (;;) {
      const operator = Object.hasOwn(known, this.#tokens[0] ?? "") ? known[this.#tokens.shift() ?? ""] : undefined;
      if (operator === undefined) return left;
      const [a, b] = [left, this.#operation(level + 1)];
      left = (values) => {
        const [x, y] = [a(values), b(values)];
        return x === undefined || y === undefined ? undefined : operator(x, y);
      };
    }
  }

  #operand(): Node {
    const next = this.#tokens.shift();
    if (next === undefined) throw unexpected("a number, a metric or a function", next);
    if (/^\d/.test(next)) return () => Number(next);
    if (next === "(") {
      const [node] = this.#until(")");
      return node ?? (() => undefined);
    }
    if (/^[a-z]\w*$/.test(next)) {
      this.ids.add(next);
      return (values) => values.get(next);
    }
    const run = Object.hasOwn(functions, next) ? functions[next] : undefined;
    if (run === undefined || this.#tokens.shift() !== "(") {
      throw unexpected(`a number, a metric or one of ${Object.keys(functions).join(", ")}`, next);
    }
    const isList = this.#tokens[0] === "[";
    if (isList) this.#tokens.shift();
    const parameters = this.#until(isList ? "]" : ")");
    if (isList && this.#tokens.shift() !== ")") throw unexpected(")", next);
    return (values) => run(parameters.map((parameter) => parameter(values)));
  }

  /** Operations with commas between them, and the bracket behind them. */
  #until(end: string): Node[] {
    const nodes = [this.#operation(0)];
    while (this.#tokens[0] === ",") {
      this.#tokens.shift();
      nodes.push(this.#operation(0));
    }
    const last = this.#tokens.shift();
    if (last !== end) throw unexpected(end, last);
    return nodes;
  }
}

const unexpected = (expected: string, received: string | undefined): Error =>
  new Error(`expected metric math that runs here, with ${expected}, got ${received ?? "its end"}`);
