import { LambdaFunctions } from "../lib/invoke.ts";
import { names } from "../lib/names.ts";
import type { QuarantineAnswer } from "../lib/query/quarantine/answer.ts";
import type { ShownEntry } from "../lib/query/quarantine/show.ts";
import { QuestionProblem } from "../lib/query/url-question.ts";
import { said } from "../lib/recovery/isolate/roll-up-function.ts";
import { queryRoutes } from "../lib/routes.ts";

/** What is in quarantine, and in which bucket. */
export type BucketAnswer = QuarantineAnswer & { readonly bucket: string };

export const askQuarantine = (query: URLSearchParams): Promise<BucketAnswer> =>
  ask<BucketAnswer>({ routeKey: queryRoutes.quarantine, rawQueryString: query.toString() });

export const askEntry = (id: string): Promise<ShownEntry> =>
  ask<ShownEntry>({ routeKey: queryRoutes.quarantined, rawQueryString: "", pathParameters: { id } });

/** Asks the query function as the HTTP API does: it has the rights, and knows where its bucket is. */
async function ask<Answer>(event: object): Promise<Answer> {
  const outcome = await LambdaFunctions.connect().invoke(names.query, { version: "2.0", headers: {}, ...event });
  if (outcome.kind !== "done") throw new Error(`Expected an answer of ${names.query}, got ${said(outcome)}`);
  const { statusCode, body = "" } = outcome.answer as { statusCode?: number; body?: string };
  const answer = JSON.parse(body) as Record<string, unknown>;
  if (statusCode === 200) return answer as Answer;
  const { field, detail } = answer;
  if (typeof field === "string" && typeof detail === "string") {
    throw new QuestionProblem(statusCode === 404 ? 404 : 400, field, detail.replace(`${field}: `, ""));
  }
  throw new Error(`Expected an answer of ${names.query}, got status ${statusCode}`);
}
