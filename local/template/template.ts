import { TemplateError } from "./template-error.ts";

/** One entry of a template's `Resources`, its properties not yet evaluated. */
export type ResourceDeclaration = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly Condition?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
};

export type ParameterDeclaration = { readonly Type: string; readonly Default?: unknown };
export type OutputDeclaration = { readonly Value: unknown; readonly Condition?: string };

/** The sections of a CloudFormation template that decide what runs. `Rules`, `Metadata` and the like are not read. */
export type Template = {
  readonly Resources: Readonly<Record<string, ResourceDeclaration>>;
  readonly Parameters: Readonly<Record<string, ParameterDeclaration>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Mappings: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Outputs: Readonly<Record<string, OutputDeclaration>>;
};

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function section(template: Record<string, unknown>, name: string): Record<string, Record<string, unknown>> {
  const value = template[name] ?? {};
  if (!isObject(value)) throw new TemplateError(name, `expected an object, got ${JSON.stringify(value)}`);
  for (const [key, entry] of Object.entries(value)) {
    if (!isObject(entry)) {
      throw new TemplateError(`${name}.${key}`, `expected an object, got ${JSON.stringify(entry)}`);
    }
  }
  return value as Record<string, Record<string, unknown>>;
}

function checkResource(logicalId: string, resource: Record<string, unknown>): void {
  const place = `Resources.${logicalId}`;
  if (typeof resource.Type !== "string") {
    throw new TemplateError(`${place}.Type`, `expected a string, got ${JSON.stringify(resource.Type)}`);
  }
  if (resource.Properties !== undefined && !isObject(resource.Properties)) {
    throw new TemplateError(`${place}.Properties`, "expected an object");
  }
  if (resource.Condition !== undefined && typeof resource.Condition !== "string") {
    throw new TemplateError(`${place}.Condition`, "expected the name of a condition");
  }
  const dependsOn = resource.DependsOn ?? [];
  const list = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  if (!list.every((entry) => typeof entry === "string")) {
    throw new TemplateError(`${place}.DependsOn`, "expected a logical id or a list of logical ids");
  }
}

/** Reads a parsed template file (JSON as aws-cdk-lib writes it). Throws {@link TemplateError} where its shape is not a template's. */
export function parseTemplate(json: unknown): Template {
  if (!isObject(json)) throw new TemplateError("template", `expected an object, got ${JSON.stringify(json)}`);
  const resources = section(json, "Resources");
  for (const [logicalId, resource] of Object.entries(resources)) checkResource(logicalId, resource);
  const parameters = section(json, "Parameters");
  for (const [name, parameter] of Object.entries(parameters)) {
    if (typeof parameter.Type !== "string") throw new TemplateError(`Parameters.${name}.Type`, "expected a string");
  }
  return {
    Resources: resources as Template["Resources"],
    Parameters: parameters as Template["Parameters"],
    Conditions: section(json, "Conditions"),
    Mappings: section(json, "Mappings") as Template["Mappings"],
    Outputs: section(json, "Outputs") as Template["Outputs"],
  };
}
