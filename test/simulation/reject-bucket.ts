import { names } from "../../lib/names.ts";
import { readFailure } from "../../lib/store/dead-letters/dead-letter.ts";
import type { QuarantinedRecord } from "../../lib/store/quarantine/quarantine.ts";
import type { Batch } from "../../lib/stream/batch.ts";
import { S3Bucket } from "../fakes/s3-bucket.ts";

/** The bucket of quarantine and of what Lambda gave up on. */
export class RejectBucket extends S3Bucket {
  /** Every body that Lambda ever put. */
  readonly givenUp: string[] = [];

  /** `settled` is told what was in a failure file that is taken away. */
  constructor(now: () => number, pageKeys: number, settled: (batch: Batch) => void) {
    super({
      now,
      pageKeys,
      deleted: (key, body) => {
        if (key.startsWith(names.failuresPrefix)) settled(readFailure(body.toString()).batch);
      },
    });
  }

  giveUp(key: string, body: string): void {
    this.put(key, body);
    this.givenUp.push(body);
  }

  /** What Lambda gave up on and nobody has taken away, by key. */
  get failures(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [key, { body }] of this.objects) {
      if (key.startsWith(names.failuresPrefix)) found.set(key, body.toString());
    }
    return found;
  }

  /** Which events are in quarantine, by part and version: `9907` for a whole record, `9907/0` for an event of one. */
  quarantined(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const [key, { body }] of this.objects) {
      const [, part] = /^quarantine\/[^/]+\/[^/]+\/(.+)\.ndjson\.gz$/.exec(key) ?? [];
      if (part !== undefined) found.set(part, [...eventsIn(body.toString())].sort().join(" "));
    }
    return found;
  }
}

function* eventsIn(lines: string): Generator<string> {
  for (const line of lines.split("\n").filter((text) => text !== "")) {
    const { sequenceNumber, events } = JSON.parse(line) as QuarantinedRecord;
    for (const each of events) {
      if ("whole" in each) yield sequenceNumber;
      else for (let at = each.from; at <= each.to; at++) yield `${sequenceNumber}/${at}`;
    }
  }
}
