/** The tables of docs/HEALTH.md, which the build reads: one text for those who read and those who look. */

import sections from "hub:health";

export { sections };

/** What a number is, as docs/HEALTH.md states it. */
export interface Meaning {
  /** Its first cell, as text. */
  readonly label: string;
  /** Names of numbers in it. */
  readonly names: readonly string[];
  readonly definition: string;
  readonly cannotTell?: string;
  readonly toFake?: string;
}

/** A section of docs/HEALTH.md. */
export interface Section {
  readonly title: string;
  /** Paragraphs, and items of lists. */
  readonly text: readonly string[];
  readonly numbers: readonly Meaning[];
}

/** What a number is. Where several have its name, words of its section or row stand before it: `per week/payers`. */
export function meaningOf(name: string): Meaning | undefined {
  const [number = "", where = ""] = name.split("/").reverse();
  for (const { title, numbers } of sections) {
    const fits = ({ label }: Meaning) => `${title} ${label}`.toLowerCase().includes(where);
    const found = numbers.find((one) => one.names.includes(number) && fits(one));
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}
