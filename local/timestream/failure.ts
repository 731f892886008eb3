/** HTTP status of each exception, as in the service's API model; 419 is what the live service answers to rejections. */
const STATUS = {
  ValidationException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  ServiceQuotaExceededException: 402,
  ResourceNotFoundException: 404,
  ConflictException: 409,
  RejectedRecordsException: 419,
  ThrottlingException: 429,
  QueryExecutionException: 400,
  InternalServerException: 500,
} as const;

export type FailureType = keyof typeof STATUS;

/** An error of the service: becomes a response with `__type`, `message` and the fields of `detail`. */
export class ServiceFailure extends Error {
  override readonly name = "ServiceFailure";
  readonly type: FailureType;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(type: FailureType, message: string, options: { detail?: Record<string, unknown>; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.type = type;
    this.detail = options.detail ?? {};
  }

  get status(): number {
    return STATUS[this.type];
  }
}

/** A ValidationException, the service's word for "this request cannot be right". */
export function invalid(message: string, cause?: unknown): ServiceFailure {
  return new ServiceFailure("ValidationException", message, { cause });
}
