import { KinesisClient } from "@aws-sdk/client-kinesis";
import { clientSettings, readEnvironment } from "../aws.ts";
import { privacyRulesOf, sourcesOf } from "../config/settings.ts";
import type { Config } from "../config/shape.ts";
import type { TrackingPlan } from "../config/tracking-plan/tracking-plan.ts";
import type { CollectPorts } from "./collect.ts";
import { CurrentPrivacy } from "./current-privacy.ts";
import { SecretsManager } from "./secrets.ts";
import { streamSender } from "./stream-sender.ts";
import { SecretWriteKeys } from "./write-keys.ts";

/** The AWS services that the environment names, as the collector's ports. */
export function connectCollectPorts(
  variables: Readonly<Record<string, string | undefined>>,
  config: Config,
  plan: TrackingPlan | undefined,
): CollectPorts {
  const { stream } = readEnvironment(variables, ["stream"]);
  const secrets = SecretsManager.connect();
  const sources = sourcesOf(config);
  const privacy = new CurrentPrivacy(privacyRulesOf(config), secrets);
  return {
    sources,
    writeKeys: new SecretWriteKeys(secrets, sources),
    hosts: config.collector?.hosts ?? [],
    plan,
    privacy: () => privacy.now(),
    // The producer tries again by itself, and knows for how long.
    send: streamSender(new KinesisClient({ ...clientSettings(), maxAttempts: 1 }), stream),
  };
}
