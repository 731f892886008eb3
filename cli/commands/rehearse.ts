import { parseArgs } from "node:util";
import { durationMs } from "../../lib/time.ts";
import { chooseEndpoint } from "../endpoint.ts";
import { UsageError } from "../usage-error.ts";

export const rehearseUsage = `millrace rehearse SERVICE errors|nothing|lost|normally [--for 30s]
millrace rehearse FUNCTION killed
  Takes a service of the laptop away for a while: it answers 503, cuts connections, or does what it is asked and cuts
  them. Or kills a function's processes. SERVICE is one of timestream, dynamodb, kinesis, s3, lambda.`;

/** `millrace rehearse`. */
export async function rehearse(parameters: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...parameters],
    options: { for: { type: "string", default: "30s" } },
    allowPositionals: true,
  });
  const [target, what, ...others] = positionals;
  if (target === undefined || what === undefined || others.length > 0) {
    throw new UsageError(
      `Expected SERVICE or FUNCTION and what becomes of it, got ${positionals.join(" ") || "nothing"}`,
    );
  }
  const milliseconds = durationMs(values.for);
  if (milliseconds === undefined)
    throw new UsageError(`Expected --for to be a duration such as 30s, got ${values.for}`);
  chooseEndpoint({});
  if (what === "killed") {
    const { killed } = await order<{ killed: readonly number[] }>(`functions/${target}/kill`, {});
    process.stdout.write(`${killed.length} processes of ${target} were killed\n`);
    return;
  }
  await order(`services/${target}`, { answers: what, seconds: milliseconds / 1_000 });
  process.stdout.write(`${target} answers ${what}${what === "normally" ? "" : ` for ${values.for}`}\n`);
}

async function order<Answer>(path: string, body: object): Promise<Answer> {
  const url = `${process.env.AWS_ENDPOINT_URL}/_laptop/${path}`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answer = (await response.json().catch(() => ({}))) as { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `Expected a laptop at ${url}, got status ${response.status}`);
  return answer as Answer;
}
