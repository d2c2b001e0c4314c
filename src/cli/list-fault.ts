import type { Fault } from '../drill/fault.js';

/** Prints a fault of the catalogue. @param whyNot why it is left out, such as `not in this lab: ...` */
export function listFault({ tag, name, description, parameter }: Fault, whyNot: string | undefined): void {
  console.log(`${tag.padEnd(12)} ${name.padEnd(18)} ${description}`);
  for (const line of [parameter && `parameter: ${parameter.allowed}`, whyNot])
    if (line !== undefined) console.log(`${''.padEnd(31)} ${line}`);
}
