/** A request as it came over HTTP, read to its end. Header names are in lower case. */
export type HttpRequest = {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
};
