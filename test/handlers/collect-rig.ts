import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { vi } from "vitest";
import { collectChain } from "../../handlers/collect.ts";
import type { CollectPorts } from "../../lib/collect/collect.ts";
import { privacyOf } from "../../lib/collect/privacy.ts";
import type { SendEvents } from "../../lib/collect/stream-sender.ts";
import type { SourceSettings } from "../../lib/collect/write-keys.ts";
import { privacyRulesOf, sourcesOf } from "../../lib/config/settings.ts";
import type { Config } from "../../lib/config/shape.ts";
import { trackingPlanOf } from "../../lib/config/tracking-plan/compile-at-start.ts";
import type { Fields } from "../../lib/stream/event/fields.ts";
import { type ApiRequest, apiRequest } from "./api-request.ts";
import { lambdaContext } from "./kinesis-event.ts";

export interface Answered {
  /** As the function gave it. */
  readonly response: unknown;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** What went to the stream in this request. */
  readonly events: readonly Fields[];
  /** Sums of the metrics that were published, by name and, where there is one, reason. */
  readonly metrics: Readonly<Record<string, number>>;
  /** All that was written to the log, metrics included. */
  readonly log: string;
}

/** The collector's chain as it is deployed, over a stream that is a list. The write key of a source is its name. */
export class CollectRig {
  /** Takes the place of the stream. */
  send: SendEvents | undefined;
  writeKeys: CollectPorts["writeKeys"];
  readonly #chain: ReturnType<typeof collectChain>;
  #sent: Fields[] = [];

  constructor(config: Pick<Config, "sources" | "collector" | "privacy" | "trackingPlan">) {
    const sources = sourcesOf({ metrics: {}, ...config });
    const byKey = new Map(sources.map((source): [string, SourceSettings] => [source.name, source]));
    this.writeKeys = { sourceOf: async (key) => byKey.get(key) };
    const privacy = privacyOf(privacyRulesOf({ metrics: {}, ...config }), "secret");
    const ports: CollectPorts = {
      sources,
      writeKeys: { sourceOf: (key) => this.writeKeys.sourceOf(key) },
      hosts: config.collector?.hosts ?? [],
      plan: trackingPlanOf({ metrics: {}, ...config }),
      privacy: async () => privacy,
      send: async (events) => {
        if (this.send !== undefined) return this.send(events);
        this.#sent.push(...events.map(({ event }) => event));
      },
    };
    this.#chain = collectChain(sources, () => ports);
  }

  async ask(request: ApiRequest): Promise<Answered> {
    return this.answered(apiRequest(request));
  }

  async answered(event: APIGatewayProxyEventV2): Promise<Answered> {
    this.#sent = [];
    const lines: string[] = [];
    const write = (text: unknown): boolean => lines.push(...String(text).split("\n")) > 0;
    // Powertools writes past the console that tests have.
    const streams = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, "write").mockImplementation(write),
    );
    const levels = (["log", "info", "warn", "error", "debug"] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...texts) => void write(texts.map(String).join(" "))),
    );
    try {
      const answer = await this.#chain(event, lambdaContext);
      const { statusCode = 0, headers = {}, body } = answer as { statusCode?: number; headers?: object; body?: string };
      return {
        response: answer,
        status: statusCode,
        headers: headers as Record<string, unknown>,
        body: body === undefined ? {} : JSON.parse(body),
        events: this.#sent,
        metrics: metricsIn(lines),
        log: lines.join("\n"),
      };
    } finally {
      for (const spy of [...streams, ...levels]) spy.mockRestore();
    }
  }
}

/** The metrics in lines of the embedded metric format. */
function metricsIn(lines: readonly string[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of lines.filter((text) => text.includes('"_aws"'))) {
    const document = JSON.parse(line);
    for (const { Metrics } of document._aws.CloudWatchMetrics) {
      for (const { Name } of Metrics) {
        const name = document.reason === undefined ? Name : `${Name} ${document.reason}`;
        sums[name] = (sums[name] ?? 0) + [document[Name]].flat().reduce((sum: number, each: number) => sum + each, 0);
      }
    }
  }
  return sums;
}
