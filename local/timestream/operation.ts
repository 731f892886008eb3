import type { Catalog } from "./catalog.ts";
import type { Engine } from "./engine.ts";
import type { Fields } from "./field.ts";
import type { QueryRunner } from "./query-runner.ts";
import type { Turn } from "./turn.ts";
import type { WriteQueue } from "./write-queue.ts";

/** What an operation has to work with. */
export interface Service {
  readonly writer: Engine["writer"];
  readonly catalog: Catalog;
  /** Whatever changes the catalog or writes rows does so in its turn. */
  readonly turn: Turn;
  readonly writes: WriteQueue;
  readonly queries: QueryRunner;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly arnPrefix: string;
}

/** One operation of the API: from the request's fields to the response's; failures are thrown as ServiceFailure. */
export type Operation = (service: Service, request: Fields, host: string) => Promise<Record<string, unknown>>;
