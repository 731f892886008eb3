const laptop = "http://127.0.0.1:4566";

/** Options that every command has. */
export const endpointOptions = { aws: { type: "boolean", default: false } } as const;

/**
 * Points the AWS SDKs at what `AWS_ENDPOINT_URL` says, at the laptop where it says nothing, at AWS itself with `--aws`.
 * A laptop takes any credentials, but the SDKs want some.
 */
export function chooseEndpoint({ aws }: { aws?: boolean | undefined }): void {
  if (aws) {
    delete process.env.AWS_ENDPOINT_URL;
    return;
  }
  process.env.AWS_ENDPOINT_URL ||= laptop;
  if (!/^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(process.env.AWS_ENDPOINT_URL)) return;
  process.env.AWS_REGION ||= "us-east-1";
  process.env.AWS_ACCESS_KEY_ID ||= "laptop";
  process.env.AWS_SECRET_ACCESS_KEY ||= "laptop";
}

/** What to say where nothing answers; undefined for any other error. */
export function notAnswering(error: unknown): string | undefined {
  const told = error instanceof Error ? [error.message, error.cause].join(" ") : "";
  if (!told.includes("ECONNREFUSED")) return undefined;
  const endpoint = process.env.AWS_ENDPOINT_URL ?? "AWS";
  const start = endpoint === laptop ? ": start the laptop with npm start, or say --aws" : "";
  return `Nothing answers at ${endpoint}${start}`;
}

/** What to say where an SDK lacks what it needs to begin; undefined for any other message. */
export function notSetUp(message: string): string | undefined {
  if (/region is missing|region not accepted: region=""/i.test(message)) {
    return "There is no AWS region: set AWS_REGION, or region in the profile that AWS_PROFILE names";
  }
  if (/could not load credentials|credential is missing|resolved credential object is not valid/i.test(message)) {
    return "There are no AWS credentials: log in (aws sso login), or set AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret";
  }
  return undefined;
}
