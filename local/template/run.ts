import { evaluate, type Scope } from "./evaluate.ts";
import { fabricatedAttribute, physicalId } from "./fabricated.ts";
import { type PlannedResource, planTemplate } from "./plan.ts";
import type { StackSettings } from "./settings.ts";
import { staticScope } from "./static-scope.ts";
import type { Template } from "./template.ts";
import { TemplateError } from "./template-error.ts";

/** What `Ref` and `Fn::GetAtt` answer for a resource that is there. */
export type Provisioned = { readonly ref: string; readonly attributes: Readonly<Record<string, unknown>> };

/** A resource to bring up, its properties evaluated. */
export type ResolvedResource = {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** A name for it where the template gives none; the same at every start. */
  readonly physicalId: string;
};

/** Brings one resource up. What it throws is rethrown as a {@link TemplateError} that names the resource. */
export type Provisioner = (resource: ResolvedResource) => Provisioned | Promise<Provisioned>;

export type RunningStack = {
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly resources: ReadonlyMap<string, Provisioned & { readonly type: string }>;
  /** Resources of types that have no provisioner: what refers to them got made-up names. */
  readonly notRun: readonly { readonly logicalId: string; readonly type: string }[];
};

export type RunTemplateOptions = {
  readonly template: Template;
  readonly settings: StackSettings;
  /** By resource type, such as `AWS::Kinesis::Stream`. */
  readonly provisioners: Readonly<Record<string, Provisioner>>;
};

type Running = { readonly planned: PlannedResource; readonly provisioned: Provisioned | undefined };

function stackScope({ template, settings }: RunTemplateOptions, running: ReadonlyMap<string, Running>): Scope {
  const lookUp = (logicalId: string, place: string): Running => {
    const resource = running.get(logicalId);
    if (resource === undefined) throw new TemplateError(place, `there is no resource or parameter ${logicalId}`);
    return resource;
  };
  return staticScope(template, settings, {
    ref: (logicalId, place) => {
      const { provisioned } = lookUp(logicalId, place);
      return provisioned?.ref ?? physicalId(logicalId, settings);
    },
    att: (logicalId, name, place) => {
      const { planned, provisioned } = lookUp(logicalId, place);
      if (provisioned === undefined) return fabricatedAttribute(planned, name, settings);
      if (Object.hasOwn(provisioned.attributes, name)) return provisioned.attributes[name];
      const known = Object.keys(provisioned.attributes).join(", ") || "none";
      throw new TemplateError(place, `${logicalId} (${planned.type}) has no attribute ${name}; it has: ${known}`);
    },
  });
}

async function bringUp(planned: PlannedResource, options: RunTemplateOptions, scope: Scope): Promise<Running> {
  const { logicalId, type, metadata } = planned;
  const provision = Object.hasOwn(options.provisioners, type) ? options.provisioners[type] : undefined;
  if (provision === undefined) return { planned, provisioned: undefined };
  const properties = evaluate(planned.properties, scope, `${logicalId} (${type}).Properties`);
  const resolved = { logicalId, type, metadata, properties: properties as ResolvedResource["properties"] };
  try {
    return {
      planned,
      provisioned: await provision({ ...resolved, physicalId: physicalId(logicalId, options.settings) }),
    };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new TemplateError(`${logicalId} (${type})`, problem, { cause });
  }
}

function outputs({ template }: RunTemplateOptions, scope: Scope): Record<string, unknown> {
  const kept = Object.entries(template.Outputs).filter(
    ([name, { Condition: condition }]) => condition === undefined || scope.condition(condition, `Outputs.${name}`),
  );
  return Object.fromEntries(kept.map(([name, { Value }]) => [name, evaluate(Value, scope, `Outputs.${name}.Value`)]));
}

/**
 * Brings a template's resources up, each as soon as what it depends on is there; those that do not depend on each
 * other come up at the same time. When one fails, nothing new is begun, what was begun is awaited, and the first
 * failure is thrown.
 */
export async function runTemplate(options: RunTemplateOptions): Promise<RunningStack> {
  const plan = planTemplate(options.template, options.settings);
  const running = new Map<string, Running>();
  const scope = stackScope(options, running);
  const attempts = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  for (const planned of plan) {
    // The plan's order means that what this one waits for already has its promise here.
    const before = planned.dependsOn.map((name) => attempts.get(name));
    const attempt = Promise.all(before).then(async () => {
      if (failures.length > 0) return;
      try {
        running.set(planned.logicalId, await bringUp(planned, options, scope));
      } catch (failure) {
        failures.push(failure);
      }
    });
    attempts.set(planned.logicalId, attempt);
  }
  await Promise.all(attempts.values());
  if (failures.length > 0) throw failures[0];
  const resources = new Map<string, Provisioned & { type: string }>();
  const notRun: { logicalId: string; type: string }[] = [];
  for (const { logicalId, type } of plan) {
    const provisioned = running.get(logicalId)?.provisioned;
    if (provisioned === undefined) notRun.push({ logicalId, type });
    else resources.set(logicalId, { ...provisioned, type });
  }
  return { outputs: outputs(options, scope), resources, notRun };
}
