import { ArnFormat, type CfnResource, RemovalPolicy, Stack } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { Config } from "../lib/config/shape.ts";
import { names, writeKeySecret } from "../lib/names.ts";

/** In the metadata of a secret: its value where no AWS is, since what AWS generates is in no template. */
const onLaptop = "millrace:onLaptop";

/**
 * The write keys of the sources, a secret each so that one can be rotated alone, and the key that values are hashed
 * with. AWS generates them; nobody but who may read the secrets knows them.
 */
export class WriteKeys extends Construct {
  readonly #grants: string[] = [];

  constructor(scope: Construct, id: string, { sources = {}, privacy = {} }: Pick<Config, "sources" | "privacy">) {
    super(scope, id);
    for (const [name, { laptopKey = name }] of Object.entries(sources)) {
      this.#secret(name, writeKeySecret(name), `The write key of the source ${name}`, laptopKey);
    }
    if (Object.keys(sources).length > 0) this.#grants.push(`${names.writeKeysPrefix}*`);
    if ((privacy.hash ?? []).length > 0) {
      this.#secret(
        "Privacy",
        names.privacyKey,
        "What values of events are hashed with: another makes other hashes",
        "laptop",
      );
      // Secrets Manager ends each ARN in a hyphen and six characters.
      this.#grants.push(`${names.privacyKey}-??????`);
    }
  }

  /** May read the keys. By their prefix: the ARNs of a hundred secrets are more than a policy holds. */
  grantRead(grantee: IGrantable): void {
    const arnOf = (resourceName: string): string =>
      Stack.of(this).formatArn({
        service: "secretsmanager",
        resource: "secret",
        resourceName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ["secretsmanager:GetSecretValue"], resources: this.#grants.map(arnOf) }),
    );
  }

  #secret(id: string, secretName: string, description: string, laptopValue: string): void {
    const secret = new Secret(this, id, {
      secretName,
      description,
      // 190 bits, of letters and digits: it goes into URLs and headers as it is.
      generateSecretString: { passwordLength: 32, excludePunctuation: true },
      // Clients that cannot be changed at once hold the key, and hashes cannot be compared without it.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    (secret.node.defaultChild as CfnResource).addMetadata(onLaptop, laptopValue);
  }
}
