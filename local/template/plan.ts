import { references } from "./references.ts";
import { pseudoParameter, type StackSettings } from "./settings.ts";
import { staticScope } from "./static-scope.ts";
import type { ResourceDeclaration, Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** A resource whose condition holds, with what has to be there before it. */
export type PlannedResource = {
  readonly logicalId: string;
  readonly type: string;
  /** Not yet evaluated. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Logical ids, each once. */
  readonly dependsOn: readonly string[];
};

type PlanScope = {
  readonly template: Template;
  readonly settings: StackSettings;
  readonly condition: (name: string, place: string) => boolean;
};

function planned(logicalId: string, resource: ResourceDeclaration, plan: PlanScope): PlannedResource {
  const { template, settings, condition } = plan;
  const dependsOn = new Set<string>();
  const named = typeof resource.DependsOn === "string" ? [resource.DependsOn] : (resource.DependsOn ?? []);
  for (const name of named) {
    const other = template.Resources[name];
    if (other === undefined) throw new TemplateError(`${logicalId}.DependsOn`, `there is no resource ${name}`);
    if (other.Condition === undefined || condition(other.Condition, `Resources.${name}.Condition`)) dependsOn.add(name);
  }
  for (const { name, place } of references(resource.Properties ?? {}, condition, `${logicalId}.Properties`)) {
    if (pseudoParameter(name, settings) !== undefined || Object.hasOwn(template.Parameters, name)) continue;
    const other = template.Resources[name];
    if (other === undefined) throw new TemplateError(place, `there is no resource or parameter ${name}`);
    if (other.Condition !== undefined && !condition(other.Condition, `Resources.${name}.Condition`)) {
      throw new TemplateError(place, `${name} is left out of the stack: its condition ${other.Condition} is false`);
    }
    dependsOn.add(name);
  }
  const { Type: type, Properties: properties = {}, Metadata: metadata = {} } = resource;
  return { logicalId, type, properties, metadata, dependsOn: [...dependsOn] };
}

/** Sorts so that each comes after what it depends on, and otherwise as given. */
function inDependencyOrder(resources: ReadonlyMap<string, PlannedResource>): PlannedResource[] {
  const ordered = new Set<PlannedResource>();
  const visit = (resource: PlannedResource, path: readonly string[]): void => {
    if (ordered.has(resource)) return;
    const loop = path.indexOf(resource.logicalId);
    const way = [...path, resource.logicalId];
    if (loop >= 0) {
      throw new TemplateError(
        resource.logicalId,
        `the resources depend on each other: ${way.slice(loop).join(" -> ")}`,
      );
    }
    for (const name of resource.dependsOn) {
      const other = resources.get(name);
      if (other !== undefined) visit(other, way);
    }
    ordered.add(resource);
  };
  for (const resource of resources.values()) visit(resource, []);
  return [...ordered];
}

/**
 * The template's resources in an order in which each comes after what it depends on by Ref, Fn::GetAtt, Fn::Sub or
 * DependsOn. Throws {@link TemplateError} for a cycle or an unknown name.
 */
export function planTemplate(template: Template, settings: StackSettings): PlannedResource[] {
  const nothing = (logicalId: string, place: string): never => {
    throw new TemplateError(place, `a condition cannot speak of a resource: ${logicalId}`);
  };
  const { condition } = staticScope(template, settings, {
    ref: nothing,
    att: (logicalId, _name, place) => nothing(logicalId, place),
  });
  const plan = { template, settings, condition };
  const kept = Object.entries(template.Resources).filter(
    ([logicalId, { Condition: name }]) => name === undefined || condition(name, `Resources.${logicalId}.Condition`),
  );
  return inDependencyOrder(
    new Map(kept.map(([logicalId, resource]) => [logicalId, planned(logicalId, resource, plan)])),
  );
}
