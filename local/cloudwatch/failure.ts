/** Why a request is refused: the name of the exception, and what to do. */
export class CloudWatchFailure extends Error {
  override readonly name = "CloudWatchFailure";
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** The value of a member is none that is taken. */
export const invalid = (message: string): CloudWatchFailure =>
  new CloudWatchFailure("InvalidParameterValueException", message);

/** What CloudWatch would take and this laptop does not, by its name. */
export const notHere = (what: string, instead: string): CloudWatchFailure =>
  invalid(`${what} does not run on this laptop: ${instead}`);
