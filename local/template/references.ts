import { intrinsicCall } from "./evaluate.ts";
import { subPieces } from "./sub.ts";
import { isObject } from "./template.ts";

/** A name that a value speaks of: a resource, a parameter or a pseudo parameter. */
export type Reference = { readonly name: string; readonly place: string };

type TakenBranch = (condition: string, place: string) => boolean;

function subReferences(argument: unknown, taken: TakenBranch, place: string): Reference[] {
  const [source, variables] = Array.isArray(argument) ? argument : [argument, {}];
  const own = isObject(variables) ? variables : {};
  const names = subPieces(String(source)).flatMap((piece) =>
    "variable" in piece && !Object.hasOwn(own, piece.variable) ? [piece.variable.split(".", 1)[0] ?? ""] : [],
  );
  return [...names.map((name) => ({ name, place })), ...references(own, taken, place)];
}

function callReferences(name: string, argument: unknown, taken: TakenBranch, place: string): Reference[] {
  switch (name) {
    case "Ref":
      return [{ name: String(argument), place }];
    case "Fn::GetAtt": {
      const [logicalId, attribute] = Array.isArray(argument) ? argument : String(argument).split(".", 1);
      return [{ name: String(logicalId), place }, ...references(attribute, taken, place)];
    }
    case "Fn::Sub":
      return subReferences(argument, taken, place);
    case "Fn::If": {
      const [condition, whenTrue, whenFalse] = Array.isArray(argument) ? argument : [];
      return references(taken(String(condition), place) ? whenTrue : whenFalse, taken, place);
    }
    default:
      return references(argument, taken, place);
  }
}

/** Every name in the value, in the order in which they stand. Of an `Fn::If` only the branch that is taken counts. */
export function references(value: unknown, taken: TakenBranch, place: string): Reference[] {
  if (Array.isArray(value)) return value.flatMap((entry, at) => references(entry, taken, `${place}[${at}]`));
  if (!isObject(value)) return [];
  const call = intrinsicCall(value);
  if (call !== undefined) return callReferences(call[0], call[1], taken, `${place}.${call[0]}`);
  return Object.entries(value).flatMap(([key, entry]) => references(entry, taken, `${place}.${key}`));
}
