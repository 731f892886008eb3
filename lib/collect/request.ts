/** A request to the collector, read to its end and not yet looked into. */
export interface CollectRequest {
  /** What the path asks for: "track", "b"; another text where it is none of the collector's paths. */
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
