/** Runs a part of the work and shows the user which. */
export type Step = <Result>(text: string, work: () => Promise<Result>) => Promise<Result>;
