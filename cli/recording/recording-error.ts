/** A recording that cannot be read (on): the file, and what was expected of it. */
export class RecordingError extends Error {
  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file}: ${reason}`, options);
    this.name = "RecordingError";
  }
}
