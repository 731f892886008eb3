import { type SubPiece, subPieces } from "./sub.ts";
import { isObject } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** What the names in a template stand for. `place` is only for error messages. */
export type Scope = {
  /** `Ref`: of a resource, a parameter or a pseudo parameter. */
  readonly ref: (logicalId: string, place: string) => unknown;
  /** `Fn::GetAtt`; `name` may have dots. */
  readonly att: (logicalId: string, name: string, place: string) => unknown;
  readonly condition: (name: string, place: string) => boolean;
  readonly mapping: (map: string, top: string, second: string, place: string) => unknown;
};

/** What `Ref: AWS::NoValue` evaluates to: the property or list entry that holds it is left out. */
export const noValue: unique symbol = Symbol("AWS::NoValue");

type Intrinsic = (argument: unknown, scope: Scope, place: string) => unknown;

/** The key and argument of an intrinsic function call, or nothing for a plain value. */
export function intrinsicCall(value: unknown): readonly [name: string, argument: unknown] | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  const [entry] = entries;
  if (entry === undefined || entries.length !== 1) return undefined;
  return entry[0] === "Ref" || entry[0].startsWith("Fn::") ? entry : undefined;
}

function show(value: unknown): string {
  return typeof value === "symbol" ? "AWS::NoValue" : (JSON.stringify(value) ?? String(value));
}

function text(value: unknown, place: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new TemplateError(place, `expected a string, got ${show(value)}`);
}

function list(value: unknown, place: string, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    const size = length === undefined ? "a list" : `a list of ${length}`;
    throw new TemplateError(place, `expected ${size}, got ${show(value)}`);
  }
  return value;
}

function joined(argument: unknown, scope: Scope, place: string): string {
  const [delimiter, values] = list(argument, place, 2);
  const pieces = list(evaluate(values, scope, `${place}[1]`), `${place}[1]`);
  return pieces.map((piece, at) => text(piece, `${place}[1][${at}]`)).join(text(delimiter, `${place}[0]`));
}

function split(argument: unknown, scope: Scope, place: string): string[] {
  const [delimiter, source] = list(argument, place, 2);
  const by = text(delimiter, `${place}[0]`);
  if (by === "") throw new TemplateError(`${place}[0]`, "expected a delimiter, got an empty string");
  return text(evaluate(source, scope, `${place}[1]`), `${place}[1]`).split(by);
}

function selected(argument: unknown, scope: Scope, place: string): unknown {
  const [index, values] = list(evaluate(argument, scope, place), place, 2);
  const at = Number(text(index, `${place}[0]`));
  const entries = list(values, `${place}[1]`);
  if (!Number.isInteger(at) || at < 0 || at >= entries.length) {
    throw new TemplateError(place, `expected an index below ${entries.length}, got ${show(index)}`);
  }
  return entries[at];
}

function substituted(argument: unknown, scope: Scope, place: string): string {
  const [source, variables] = Array.isArray(argument) ? list(argument, place, 2) : [argument, {}];
  if (typeof source !== "string") throw new TemplateError(place, `expected a string, got ${show(source)}`);
  if (!isObject(variables)) throw new TemplateError(`${place}[1]`, `expected an object, got ${show(variables)}`);
  const pieceText = (piece: SubPiece): string => {
    if ("text" in piece) return piece.text;
    const at = `${place}: \${${piece.variable}}`;
    if (Object.hasOwn(variables, piece.variable)) return text(evaluate(variables[piece.variable], scope, at), at);
    const dot = piece.variable.indexOf(".");
    if (dot < 0) return text(scope.ref(piece.variable, at), at);
    return text(scope.att(piece.variable.slice(0, dot), piece.variable.slice(dot + 1), at), at);
  };
  return subPieces(source).map(pieceText).join("");
}

function attribute(argument: unknown, scope: Scope, place: string): unknown {
  if (typeof argument === "string") {
    const dot = argument.indexOf(".");
    return scope.att(argument.slice(0, Math.max(dot, 0)), argument.slice(dot + 1), place);
  }
  const [logicalId, name] = list(argument, place, 2);
  const attributeName = text(evaluate(name, scope, `${place}[1]`), `${place}[1]`);
  return scope.att(text(logicalId, `${place}[0]`), attributeName, place);
}

function chosen(argument: unknown, scope: Scope, place: string): unknown {
  const [condition, whenTrue, whenFalse] = list(argument, place, 3);
  // Only the branch that is taken is evaluated: the other may name resources that its condition leaves out.
  return scope.condition(text(condition, `${place}[0]`), place)
    ? evaluate(whenTrue, scope, `${place}[1]`)
    : evaluate(whenFalse, scope, `${place}[2]`);
}

function found(argument: unknown, scope: Scope, place: string): unknown {
  const keys = list(evaluate(argument, scope, place), place, 3);
  const [map, top, second] = keys.map((key, at) => text(key, `${place}[${at}]`)) as [string, string, string];
  return scope.mapping(map, top, second, place);
}

const intrinsics: Readonly<Record<string, Intrinsic>> = {
  Ref: (argument, scope, place) => scope.ref(text(argument, place), place),
  "Fn::GetAtt": attribute,
  "Fn::Sub": substituted,
  "Fn::Join": joined,
  "Fn::Select": selected,
  "Fn::Split": split,
  "Fn::FindInMap": found,
  "Fn::If": chosen,
  "Fn::Base64": (argument, scope, place) =>
    Buffer.from(text(evaluate(argument, scope, place), place)).toString("base64"),
};

function call(name: string, argument: unknown, scope: Scope, place: string): unknown {
  const intrinsic = intrinsics[name];
  if (intrinsic === undefined) {
    const known = Object.keys(intrinsics).join(", ");
    throw new TemplateError(place, `${name} cannot be evaluated here; what can: ${known}`);
  }
  return intrinsic(argument, scope, name === "Ref" ? place : `${place}.${name}`);
}

/**
 * The value with every intrinsic function in it replaced by its result. Plain values come back as they are; what is
 * `AWS::NoValue` is left out. `place` is the path to the value, for {@link TemplateError}.
 */
export function evaluate(value: unknown, scope: Scope, place: string): unknown {
  if (Array.isArray(value)) {
    return value.map((entry, at) => evaluate(entry, scope, `${place}[${at}]`)).filter((entry) => entry !== noValue);
  }
  if (!isObject(value)) return value;
  const intrinsic = intrinsicCall(value);
  if (intrinsic !== undefined) return call(intrinsic[0], intrinsic[1], scope, place);
  const entries = Object.entries(value).map(
    ([key, entry]) => [key, evaluate(entry, scope, `${place}.${key}`)] as const,
  );
  return Object.fromEntries(entries.filter(([, entry]) => entry !== noValue));
}
