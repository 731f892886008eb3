import { createHash } from "node:crypto";
import type { PlannedResource } from "./plan.ts";
import type { StackSettings } from "./settings.ts";

const nameCharactersMax = 63;

/**
 * A name for a resource: `<stack>-<logical id>`, at most 63 characters, so that it can name whatever it has to. AWS
 * ends such names in random letters; these stay the same, so that what is kept on disk is found again.
 */
export function physicalId(logicalId: string, settings: StackSettings): string {
  const name = `${settings.stackName}-${logicalId}`;
  if (name.length <= nameCharactersMax) return name;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 12);
  return `${name.slice(0, nameCharactersMax - hash.length - 1)}-${hash}`;
}

/** What `Fn::GetAtt` answers for a resource that is not run: an ARN for the name of one, else words that name the attribute. */
export function fabricatedAttribute(
  { logicalId, type }: Pick<PlannedResource, "logicalId" | "type">,
  attribute: string,
  settings: StackSettings,
): string {
  const id = physicalId(logicalId, settings);
  if (!/arn$/i.test(attribute)) return `${id}.${attribute}`;
  const [, service = "unknown", kind = "resource"] = type.toLowerCase().split("::");
  const region = service === "iam" ? "" : settings.region;
  return `arn:${settings.partition ?? "aws"}:${service}:${region}:${settings.accountId}:${kind}/${id}`;
}
