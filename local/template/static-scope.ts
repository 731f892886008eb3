import { evaluate, type Scope } from "./evaluate.ts";
import { pseudoParameter, type StackSettings } from "./settings.ts";
import { isObject, type ParameterDeclaration, type Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

type ResourceLookup = Pick<Scope, "ref" | "att">;

function parameterValue(
  name: string,
  parameter: ParameterDeclaration,
  settings: StackSettings,
  place: string,
): unknown {
  const value = settings.parameters?.[name] ?? parameter.Default;
  if (value === undefined) {
    throw new TemplateError(place, `the parameter ${name} has neither a default nor a given value`);
  }
  const isList = parameter.Type.startsWith("List<") || parameter.Type === "CommaDelimitedList";
  return isList && typeof value === "string" ? value.split(",").map((entry) => entry.trim()) : value;
}

type Evaluated = { readonly scope: Scope; readonly conditions: Map<string, boolean | "evaluating"> };

function operands(argument: unknown, place: string, least: number, most: number): readonly unknown[] {
  if (!Array.isArray(argument) || argument.length < least || argument.length > most) {
    throw new TemplateError(place, `expected a list of ${least} to ${most}, got ${JSON.stringify(argument)}`);
  }
  return argument;
}

/** Evaluates a condition function (CloudFormation user guide, Condition functions). */
function holds(expression: unknown, evaluated: Evaluated, place: string): boolean {
  const [call] = isObject(expression) ? Object.entries(expression) : [];
  if (call === undefined) throw new TemplateError(place, `expected a condition, got ${JSON.stringify(expression)}`);
  const [name, argument] = call;
  const at = `${place}.${name}`;
  switch (name) {
    case "Condition":
      return evaluated.scope.condition(String(argument), at);
    case "Fn::Equals": {
      const [left, right] = operands(argument, at, 2, 2).map((side) => evaluate(side, evaluated.scope, at));
      return typeof left === "object" ? JSON.stringify(left) === JSON.stringify(right) : String(left) === String(right);
    }
    case "Fn::Not":
      return !holds(operands(argument, at, 1, 1)[0], evaluated, at);
    case "Fn::And":
      return operands(argument, at, 2, 10).every((part, n) => holds(part, evaluated, `${at}[${n}]`));
    case "Fn::Or":
      return operands(argument, at, 2, 10).some((part, n) => holds(part, evaluated, `${at}[${n}]`));
    default:
      throw new TemplateError(at, "expected Condition, Fn::Equals, Fn::Not, Fn::And or Fn::Or");
  }
}

function namedCondition(template: Template, evaluated: Evaluated, name: string, place: string): boolean {
  if (!Object.hasOwn(template.Conditions, name)) throw new TemplateError(place, `there is no condition ${name}`);
  const known = evaluated.conditions.get(name);
  if (known === "evaluating") throw new TemplateError(`Conditions.${name}`, "the condition depends on itself");
  if (known !== undefined) return known;
  evaluated.conditions.set(name, "evaluating");
  const answer = holds(template.Conditions[name], evaluated, `Conditions.${name}`);
  evaluated.conditions.set(name, answer);
  return answer;
}

/** A scope of what a template says by itself: pseudo parameters, parameters, conditions, mappings; resources are looked up in `resources`. */
export function staticScope(template: Template, settings: StackSettings, resources: ResourceLookup): Scope {
  const scope: Scope = {
    ref: (name, place) => {
      const pseudo = pseudoParameter(name, settings);
      if (pseudo !== undefined) return pseudo;
      const parameter = Object.hasOwn(template.Parameters, name) ? template.Parameters[name] : undefined;
      return parameter === undefined ? resources.ref(name, place) : parameterValue(name, parameter, settings, place);
    },
    att: resources.att,
    condition: (name, place) => namedCondition(template, { scope, conditions }, name, place),
    mapping: (map, top, second, place) => {
      const value = template.Mappings[map]?.[top]?.[second];
      if (value === undefined) throw new TemplateError(place, `the mappings hold no ${map}.${top}.${second}`);
      return value;
    },
  };
  const conditions: Evaluated["conditions"] = new Map();
  return scope;
}
