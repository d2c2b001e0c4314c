/** What came back from one request. */
export interface HttpAnswer {
  url: string;
  /** Undefined when nothing came, or no HTTP. */
  status: number | undefined;
}
