import { type Answer, refusalAnswer } from "./answer.ts";
import { apiAddress } from "./api-address.ts";
import { browserSettings } from "./browser-settings.ts";
import { checkOrigin, originHeaders, preflightHeaders } from "./origin.ts";
import { type Refusal, RequestRefused } from "./request-refused.ts";
import { sourceOf } from "./sender.ts";
import { writeKeyOf } from "./write-key.ts";
import type { SourceSettings, WriteKeys } from "./write-keys.ts";

export interface SettingsRequest {
  readonly writeKey: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The API's own. */
  readonly domainName: string;
}

export interface SettingsPorts {
  readonly sources: readonly SourceSettings[];
  readonly writeKeys: WriteKeys;
  /** By which pages reach the API, beside its own domain: those of the configuration. */
  readonly hosts: readonly string[];
}

/** Answers analytics.js, which asks for its settings before it sends anything. */
export async function answerSettings(
  request: SettingsRequest,
  { sources, writeKeys, hosts }: SettingsPorts,
): Promise<{ readonly answer: Answer; readonly refusal?: Refusal; readonly cause?: unknown }> {
  const { origin } = request.headers;
  const headers = originHeaders(origin, sources);
  try {
    const writeKey = writeKeyOf(request.writeKey);
    const source = writeKey === undefined ? undefined : await sourceOf(writeKey, writeKeys);
    if (writeKey === undefined || source === undefined) {
      throw new RequestRefused("Unauthorized", "path: expected a known write key, got another");
    }
    checkOrigin(origin, [source]);
    const body = browserSettings(writeKey, apiAddress(request.headers, request.domainName, hosts));
    return { answer: { status: 200, headers: { ...headers, "cache-control": "private, max-age=60" }, body } };
  } catch (error) {
    if (!(error instanceof RequestRefused)) throw error;
    const answer = refusalAnswer(error, Math.random);
    return {
      answer: { ...answer, headers: { ...answer.headers, ...headers } },
      refusal: error.refusal,
      cause: error.cause,
    };
  }
}

/** Answers a browser that asks whether its page may send. */
export function answerPreflight(
  headers: Readonly<Record<string, string | undefined>>,
  sources: readonly SourceSettings[],
): Answer {
  const allowed = originHeaders(headers.origin, sources);
  const more =
    "access-control-allow-origin" in allowed ? preflightHeaders(headers["access-control-request-headers"]) : {};
  return { status: 204, headers: { ...allowed, ...more } };
}
