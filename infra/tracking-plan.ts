import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import standalone from "ajv/dist/standalone/index.js";
import type { Config } from "../lib/config/shape.ts";
import { compilePlan } from "../lib/config/tracking-plan/compile.ts";

const compiledPlan = resolve(import.meta.dirname, "../lib/config/tracking-plan/compiled-plan.ts");

/**
 * Writes the module that takes the place of `#tracking-plan` in the bundles: the configuration's schemas as functions,
 * so that a function that starts compiles nothing and needs no compiler. Gives its file. Throws ConfigError.
 */
export function writeTrackingPlan({ trackingPlan }: Config, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, "tracking-plan.mjs");
  if (trackingPlan === undefined) {
    writeFileSync(file, "export const trackingPlanOf = () => undefined;\n");
    return file;
  }
  const { mode, unplanned } = trackingPlan;
  const imports = [`import { CompiledPlan } from ${JSON.stringify(compiledPlan)};`];
  const checks: string[] = [];
  for (const [index, { validate, compiler, ...check }] of compilePlan(trackingPlan, true).entries()) {
    // A file each: the names in the generated code of one are those of another's too.
    writeFileSync(join(directory, `schema-${index}.mjs`), standalone.default(compiler, validate));
    imports.push(`import validate${index} from "./schema-${index}.mjs";`);
    checks.push(`{ ...${JSON.stringify(check)}, validate: validate${index} },`);
  }
  const plan = `new CompiledPlan(${JSON.stringify({ mode, unplanned })}, [\n${checks.join("\n")}\n])`;
  writeFileSync(file, `${imports.join("\n")}\nexport const trackingPlanOf = () => ${plan};\n`);
  return file;
}
