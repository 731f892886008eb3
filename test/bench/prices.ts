/*
 * List prices of us-east-1 in dollars, without free tiers: a snapshot, looked up in November 2026 where a page said them.
 * They change; the units they are multiplied with do not.
 */

/** DynamoDB on-demand (Amazon DynamoDB pricing, "On-demand capacity", since November 2024). */
export const writeUnitPrice = 0.625e-6;
export const readUnitPrice = 0.125e-6;
/** A GB and month in the standard table class, and of point-in-time recovery (Amazon DynamoDB pricing). */
export const dynamodbMonthPrice = 0.25 + 0.2;
/** Lambda on arm64 (AWS Lambda pricing): a GB and second, and a request. */
export const lambdaSecondPrice = 0.0000133334;
export const lambdaRequestPrice = 0.2e-6;
/** Timestream for LiveAnalytics: a write of 1 KiB (Amazon Timestream pricing, "Writes"). */
export const timestreamWritePrice = 0.5e-6;
/** Kinesis Data Streams, provisioned (Amazon Kinesis Data Streams pricing): a shard and hour, and a unit of 25 KB put. */
export const shardHourPrice = 0.015;
export const putUnitPrice = 0.014e-6;
/** Kept in Timestream's memory store, a GB and hour, and in its magnetic store, a GB and month; a TCU and hour. */
export const timestreamMemoryPrice = 0.036;
export const timestreamMagneticPrice = 0.03;
export const tcuHourPrice = 0.518;
/** S3 standard (Amazon S3 pricing): a PUT or LIST, and a GET. */
export const s3PutPrice = 0.005e-3;
export const s3GetPrice = 0.0004e-3;
/** CloudWatch Logs (Amazon CloudWatch pricing): a GB taken in, and a GB and month kept. */
export const logsPrice = 0.5;
export const logsMonthPrice = 0.03;

/** The function's memory, and the memory that comes with one vCPU (Lambda developer guide, "Configure memory"). */
export const lambdaMib = 512;
export const mibOfVcpu = 1_769;

/** What a strongly consistent read or a write of DynamoDB, and a write of Timestream, is taken to wait: no measurement. */
export const dynamodbWaitMs = 5;
export const timestreamWaitMs = 20;
/** Requests to Timestream that are under way at once. */
export const timestreamAtOnce = 4;
