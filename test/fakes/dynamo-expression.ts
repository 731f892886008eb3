import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { compareValues, type Item, valueAt } from "./dynamo-item.ts";

/** What an expression's placeholders stand for. */
export interface Placeholders {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, AttributeValue>> | undefined;
}

type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** A condition or filter expression, parsed. Operands are `:value` or a path. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  | { readonly kind: "compare"; readonly left: string; readonly by: Comparator; readonly right: string }
  | { readonly kind: "between"; readonly of: string; readonly low: string; readonly high: string }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly string[] };

const parsed = new Map<string, Condition>();

/** Throws where it uses what is not implemented here: DynamoDB developer guide, "Condition and filter expressions". */
export function parseCondition(text: string): Condition {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const parser = new Parser(text);
  const condition = parser.or();
  parser.end();
  parsed.set(text, condition);
  return condition;
}

/** Whether an item meets a condition; where there is no item, as one without attributes. */
export function holds(condition: Condition, item: Item, placeholders: Placeholders): boolean {
  switch (condition.kind) {
    case "and":
      return condition.of.every((each) => holds(each, item, placeholders));
    case "or":
      return condition.of.some((each) => holds(each, item, placeholders));
    case "not":
      return !holds(condition.of, item, placeholders);
    case "compare":
      return compares(condition, item, placeholders);
    case "between":
      return (
        compares({ left: condition.of, by: ">=", right: condition.low }, item, placeholders) &&
        compares({ left: condition.of, by: "<=", right: condition.high }, item, placeholders)
      );
    case "call":
      return calls(condition, item, placeholders);
    default:
      throw condition satisfies never;
  }
}

function compares(
  { left, by, right }: { left: string; by: Comparator; right: string },
  item: Item,
  placeholders: Placeholders,
): boolean {
  const [a, b] = [operand(left, item, placeholders), operand(right, item, placeholders)];
  if (a === undefined || b === undefined) return by === "<>" && a !== b;
  const order = compareValues(a, b);
  if (order === undefined) return by === "<>" || (by === "=" && JSON.stringify(a) === JSON.stringify(b));
  if (by === "=") return order === 0;
  if (by === "<>") return order !== 0;
  if (by === "<") return order < 0;
  if (by === "<=") return order <= 0;
  return by === ">" ? order > 0 : order >= 0;
}

function calls(
  { name, operands }: { name: string; operands: readonly string[] },
  item: Item,
  placeholders: Placeholders,
): boolean {
  const [first, second] = operands.map((each) => operand(each, item, placeholders));
  switch (name) {
    case "attribute_exists":
      return first !== undefined;
    case "attribute_not_exists":
      return first === undefined;
    case "begins_with":
      return first?.S !== undefined && second?.S !== undefined && first.S.startsWith(second.S);
    default:
      throw new Error(`Expected a function of condition expressions that the fake has, got ${name}`);
  }
}

function operand(text: string, item: Item, { ExpressionAttributeValues, ...names }: Placeholders) {
  if (!text.startsWith(":")) return valueAt(item, pathOf(text, names));
  const value = ExpressionAttributeValues?.[text];
  if (value === undefined) throw new Error(`Expected a value for ${text}, got none`);
  return value;
}

const split = new Map<string, readonly string[]>();

/** The names that a path is made of. */
export function pathOf(text: string, { ExpressionAttributeNames: names }: Placeholders): readonly string[] {
  let path = split.get(text);
  if (path === undefined) {
    path = text.split(".");
    split.set(text, path);
  }
  return text.includes("#") ? path.map((name) => (name.startsWith("#") ? (names?.[name] ?? name) : name)) : path;
}

const token = /\s*(:\w+|[#A-Za-z_][\w.#]*|<=|>=|<>|[=<>(),])/y;

class Parser {
  readonly #text: string;
  readonly #tokens: string[] = [];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    token.lastIndex = 0;
    while (token.lastIndex < text.trimEnd().length) {
      const [, found] = token.exec(text) ?? this.#fail("something readable");
      this.#tokens.push(found as string);
    }
  }

  or(): Condition {
    return this.#joined("or", () => this.#joined("and", () => this.#single()));
  }

  end(): void {
    if (this.#next < this.#tokens.length) this.#fail("its end");
  }

  #joined(kind: "and" | "or", read: () => Condition): Condition {
    const of = [read()];
    while (this.#is(kind)) of.push(read());
    return of.length === 1 ? (of[0] as Condition) : { kind, of };
  }

  #single(): Condition {
    if (this.#is("not")) return { kind: "not", of: this.#single() };
    if (this.#is("(")) {
      const inner = this.or();
      this.#expect(")");
      return inner;
    }
    const left = this.#take();
    if (this.#is("(")) return { kind: "call", name: left, operands: this.#operands() };
    if (!this.#is("between")) return { kind: "compare", left, by: this.#take() as Comparator, right: this.#take() };
    const low = this.#take();
    this.#expect("and");
    return { kind: "between", of: left, low, high: this.#take() };
  }

  #operands(): string[] {
    const operands = [this.#take()];
    while (this.#is(",")) operands.push(this.#take());
    this.#expect(")");
    return operands;
  }

  /** Whether the next token is this one; goes on behind it then. */
  #is(text: string): boolean {
    if (this.#tokens[this.#next]?.toLowerCase() !== text) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#is(text)) this.#fail(text);
  }

  #take(): string {
    return this.#tokens[this.#next++] ?? this.#fail("more");
  }

  #fail(expected: string): never {
    throw new Error(`Expected ${expected} in the expression, got: ${this.#text}`);
  }
}
