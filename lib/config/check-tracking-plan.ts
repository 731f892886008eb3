import { checkKeys, isObject, type Problem } from "./check-fields.ts";
import { plannedTypes } from "./planned-schema.ts";

/** Schemas of a plan, of events and of types together. */
const schemasMax = 1_000;
const eventNameBytesMax = 256;

/**
 * Checks all of a plan but what its schemas say: that takes a compiler, which only what deploys a plan has. This much
 * every function does as it starts.
 */
export function checkTrackingPlan(plan: unknown, problem: Problem): void {
  if (!isObject(plan)) return problem("trackingPlan", "an object with mode and events", plan);
  const { mode, events = {}, types = {}, unplanned } = plan;
  checkKeys(plan, "trackingPlan.", ["mode", "events", "types", "unplanned"], problem);
  if (mode !== "enforce" && mode !== "observe") problem("trackingPlan.mode", '"enforce" or "observe"', mode);
  if (unplanned !== undefined && unplanned !== "allow" && unplanned !== "refuse") {
    problem("trackingPlan.unplanned", '"allow" or "refuse"', unplanned);
  }
  if (!isObject(events)) problem("trackingPlan.events", "schemas by the name of the event", events);
  else checkEvents(events, problem);
  if (!isObject(types)) problem("trackingPlan.types", "schemas by the type of the message", types);
  else {
    checkKeys(types, "trackingPlan.types.", plannedTypes, problem);
    for (const [type, schema] of Object.entries(types)) checkSchema(schema, `trackingPlan.types.${type}`, problem);
  }
}

function checkEvents(events: Record<string, unknown>, problem: Problem): void {
  const entries = Object.entries(events);
  if (entries.length > schemasMax) problem("trackingPlan.events", `at most ${schemasMax} events`, entries.length);
  for (const [name, schema] of entries) {
    const path = `trackingPlan.events.${name}`;
    if (name === "" || Buffer.byteLength(name) > eventNameBytesMax) {
      problem(path, `a name of 1 to ${eventNameBytesMax} bytes`, name);
    }
    checkSchema(schema, path, problem);
  }
}

function checkSchema(schema: unknown, path: string, problem: Problem): void {
  // Schemas of ArkType are functions.
  const fields = typeof schema === "function" ? { "~standard": Reflect.get(schema, "~standard") } : schema;
  const expected = "a JSON Schema, or a schema of a library that has Standard JSON Schema (zod 4.2)";
  if (!isObject(fields)) return problem(path, expected, schema);
  if (!("~standard" in fields)) return;
  const standard = fields["~standard"];
  if (isObject(standard) && isObject(standard.jsonSchema) && typeof standard.jsonSchema.input === "function") return;
  problem(path, expected, `a schema of ${isObject(standard) ? String(standard.vendor) : "a library"} without it`);
}
