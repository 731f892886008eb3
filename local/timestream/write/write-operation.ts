import { requestedTable } from "../catalog/table-operations.ts";
import { invalid, ServiceFailure } from "../failure.ts";
import { described } from "../field.ts";
import type { Operation } from "../operation.ts";
import { QUOTAS } from "../quotas.ts";
import { type NewRecord, newRecord } from "./record.ts";
import { NO_FIELDS, readRecordFields } from "./record-fields.ts";
import type { Rejection } from "./rejection.ts";
import { timeWindow } from "./time-window.ts";

/**
 * WriteRecords. What the API's own constraints refuse fails the request as a ValidationException and writes nothing;
 * what the data refuses is rejected record by record, and the others are written (developer guide, "Writes").
 */
export const writeRecords: Operation = async (service, request) => {
  const table = requestedTable(service, request);
  const list = request.Records;
  if (!Array.isArray(list) || list.length < 1 || list.length > QUOTAS.recordsPerRequest) {
    const got = Array.isArray(list) ? `${list.length}` : described(list);
    throw invalid(`Expected Records to be an array of 1 to ${QUOTAS.recordsPerRequest} records, got ${got}`);
  }
  const attributes = request.CommonAttributes;
  const common = attributes == null ? NO_FIELDS : readRecordFields(attributes, "CommonAttributes");
  const window = timeWindow(table.properties, service.now());
  const rejections: Rejection[] = [];
  const records: NewRecord[] = [];
  for (const [index, value] of list.entries()) {
    const record = newRecord(common, readRecordFields(value, `Records[${index}]`), index, window);
    if (typeof record === "string") rejections.push({ RecordIndex: index, Reason: record });
    else records.push(record);
  }

  const outcome = records.length > 0 ? await service.writes.write(table, records) : undefined;
  rejections.push(...(outcome?.rejections ?? []));
  if (rejections.length > 0) {
    rejections.sort((a, b) => a.RecordIndex - b.RecordIndex);
    throw new ServiceFailure(
      "RejectedRecordsException",
      "One or more records have been rejected. See RejectedRecords for details.",
      { detail: { RejectedRecords: rejections } },
    );
  }
  const { memory, magnetic } = outcome?.ingested ?? { memory: 0, magnetic: 0 };
  return { RecordsIngested: { Total: memory + magnetic, MemoryStore: memory, MagneticStore: magnetic } };
};
