import { type Answer, refusalAnswer } from "./answer.ts";
import { apiAddress } from "./api-address.ts";
import { browserSettings } from "./browser-settings.ts";
import { checkOrigin, originHeaders, preflightHeaders } from "./origin.ts";
import { type Refusal, RequestRefused } from "./request-refused.ts";
import { sourceOf } from "./sender.ts";
import { sourceConfig } from "./source-config.ts";
import { basicKey, writeKeyOf } from "./write-key.ts";
import type { SourceSettings, WriteKeys } from "./write-keys.ts";

/** A client's question for its settings, before it sends anything. */
export interface SettingsRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** The API's own. */
  readonly domainName: string;
}

export interface SettingsPorts {
  readonly sources: readonly SourceSettings[];
  readonly writeKeys: WriteKeys;
  /** By which pages reach the API, beside its own domain: those of the configuration. */
  readonly hosts: readonly string[];
}

interface AnsweredSettings {
  readonly answer: Answer;
  readonly refusal?: Refusal;
  readonly cause?: unknown;
}

/** Answers analytics.js, which names its key in the path. */
export const answerBrowserSettings = (
  writeKey: string,
  request: SettingsRequest,
  ports: SettingsPorts,
): Promise<AnsweredSettings> =>
  answerSettings(writeKey, request, ports, (key) =>
    browserSettings(key, apiAddress(request.headers, request.domainName, ports.hosts)),
  );

/** Answers RudderStack's SDKs, which name their key as they do with events. */
export const answerSourceConfig = (request: SettingsRequest, ports: SettingsPorts): Promise<AnsweredSettings> =>
  answerSettings(
    basicKey(request.headers.authorization) ?? request.query.get("writeKey"),
    request,
    ports,
    sourceConfig,
  );

/** Answers with the settings of a known key, to a page that its source allows. */
async function answerSettings(
  asked: unknown,
  { headers: { origin } }: SettingsRequest,
  { sources, writeKeys }: SettingsPorts,
  settings: (writeKey: string, source: string) => unknown,
): Promise<AnsweredSettings> {
  const headers = originHeaders(origin, sources);
  try {
    const writeKey = writeKeyOf(asked);
    const source = writeKey === undefined ? undefined : await sourceOf(writeKey, writeKeys);
    if (writeKey === undefined || source === undefined) {
      throw new RequestRefused("Unauthorized", "expected a known write key, got another or none");
    }
    checkOrigin(origin, [source]);
    const body = settings(writeKey, source.name);
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
