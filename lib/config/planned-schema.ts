/** A JSON Schema of draft 2020-12 or draft-07; without `$schema` it is draft-07. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a schema library gives that can turn its schemas into JSON Schema: zod 4.2, ArkType, Valibot (Standard JSON Schema). */
export interface StandardJsonSchema {
  readonly "~standard": {
    readonly jsonSchema: { readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown> };
  };
}

export type PlannedSchema = JsonSchema | StandardJsonSchema;

/** Types of message beside `track` that a plan can have a schema for. */
export const plannedTypes = ["page", "screen", "identify", "group"] as const;

export type PlannedType = (typeof plannedTypes)[number];
