import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings } from "../aws/client-settings.ts";
import type { Config } from "../config.ts";
import { privacyRulesOf, sourcesOf } from "../defaults.ts";
import { readEnvironment } from "../environment.ts";
import { names } from "../names.ts";
import type { TrackingPlan } from "../tracking-plan/tracking-plan.ts";
import type { CollectPorts } from "./collect.ts";
import { type Privacy, privacyOf } from "./privacy.ts";
import { RequestRefused } from "./request-refused.ts";
import { type Secrets, SecretsManager } from "./secrets.ts";
import { streamSender } from "./stream-sender.ts";
import { SecretWriteKeys } from "./write-keys.ts";

/**
 * The AWS services that the environment names, as the collector's ports. Rejects with RequestRefused where the key that
 * values are hashed with cannot be read: nothing may be kept without it.
 */
export async function connectCollectPorts(
  variables: Readonly<Record<string, string | undefined>>,
  config: Config,
  plan: TrackingPlan | undefined,
): Promise<CollectPorts> {
  const { stream } = readEnvironment(variables, ["stream"]);
  const secrets = SecretsManager.connect();
  const sources = sourcesOf(config);
  return {
    sources,
    writeKeys: new SecretWriteKeys(secrets, sources),
    plan,
    privacy: await connectPrivacy(config, secrets),
    // The producer tries again by itself, and knows for how long.
    send: streamSender(new KinesisClient({ ...clientSettings(), maxAttempts: 1 }), stream),
  };
}

async function connectPrivacy(config: Config, secrets: Secrets): Promise<Privacy> {
  const rules = privacyRulesOf(config);
  if (rules.hash.length === 0) return privacyOf(rules, undefined);
  try {
    return privacyOf(rules, await secrets.read(names.privacyKey, "AWSCURRENT"));
  } catch (cause) {
    throw new RequestRefused("KeysUnavailable", "the key for hashing cannot be read now", { cause });
  }
}
