import { createHash } from "node:crypto";
import type { SecretsManager } from "../../secrets-manager/secrets-manager.ts";
import type { Provisioner } from "../run.ts";
import { number, object } from "./property.ts";

/** A secret's metadata with the value that it has here. */
const onLaptop = "millrace:onLaptop";

/**
 * AWS::SecretsManager::Secret. Its value is the one in the template, else that of its metadata `millrace:onLaptop`, else
 * one made of its name: what AWS would generate must be the same at every start here.
 */
export const secret =
  (
    secrets: SecretsManager,
    { region, accountId }: { readonly region: string; readonly accountId: string },
  ): Provisioner =>
  ({ properties, metadata, physicalId }) => {
    const name = String(properties.Name ?? physicalId);
    const hash = createHash("sha256").update(name).digest("hex");
    const length = number(object(properties, "GenerateSecretString"), "PasswordLength", 32);
    const value = String(properties.SecretString ?? metadata[onLaptop] ?? hash.slice(0, length));
    // An ARN ends in a hyphen and six characters (Secrets Manager user guide, "What's in a secret").
    const arn = `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${hash.slice(0, 6)}`;
    secrets.add({ name, arn, value });
    return { ref: arn, attributes: { Id: arn } };
  };
