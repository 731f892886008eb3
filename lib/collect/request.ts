/** A request to the collector, read to its end and not yet looked into. */
export interface CollectRequest {
  /** The last segment of the path: "track", "b". */
  readonly call: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly query: URLSearchParams;
  /** As it came, perhaps compressed. */
  readonly body: Buffer;
  /** The sender's IP address. */
  readonly address: string;
  readonly receivedMs: number;
}
