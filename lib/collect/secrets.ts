import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { answeredWithin, clientSettings } from "../aws.ts";

/** A secret has its current value, and for a time after a rotation the previous one. */
export type SecretStage = "AWSCURRENT" | "AWSPREVIOUS";

/** Where secrets are read. */
export interface Secrets {
  /** A secret's value; undefined where it has none of that stage. */
  read(name: string, stage: SecretStage): Promise<string | undefined>;
}

/** What is read of secrets is at most so old: then they are read again. */
export const secretAgeMsMax = 5 * 60_000;
/** Secrets that cannot be read are tried again so long after. */
export const secretRetryMs = 60_000;

/** Secrets in AWS Secrets Manager. The only file that knows its SDK. */
export class SecretsManager implements Secrets {
  readonly #client: SecretsManagerClient;

  constructor(client: SecretsManagerClient) {
    this.#client = client;
  }

  static connect(): SecretsManager {
    // A request of a client waits for it: better the keys last read than a long wait.
    const requestHandler = answeredWithin(2_000, 1_000);
    return new SecretsManager(new SecretsManagerClient({ ...clientSettings(), maxAttempts: 2, requestHandler }));
  }

  async read(name: string, stage: SecretStage): Promise<string | undefined> {
    try {
      const command = new GetSecretValueCommand({ SecretId: name, VersionStage: stage });
      return (await this.#client.send(command)).SecretString;
    } catch (error) {
      // Said for a missing secret and for a missing stage alike (Secrets Manager API reference, GetSecretValue).
      if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }
}
