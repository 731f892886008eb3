import { S3Client } from "@aws-sdk/client-s3";
import { clientSettings, readEnvironment } from "../../aws.ts";
import { systemClock } from "../../clock.ts";
import type { Ledger } from "../../store/ledger/ledger.ts";
import { S3QuarantineFiles } from "../../store/quarantine/s3-files.ts";
import type { QuarantinePorts } from "./answer.ts";

/** Quarantine, and where it is. */
export interface ReadableQuarantine extends QuarantinePorts {
  readonly streamName: string;
  readonly bucket: string;
}

/** The quarantine of the stream and the bucket that the environment names. */
export function connectQuarantine(
  variables: Readonly<Record<string, string | undefined>>,
  ledger: Pick<Ledger, "committed">,
): ReadableQuarantine {
  const { stream, bucket } = readEnvironment(variables, ["stream", "bucket"]);
  const files = new S3QuarantineFiles(new S3Client(clientSettings()), bucket);
  return { files, ledger, clock: systemClock, streamName: stream, bucket };
}
