/** What the build reads of the repository: see build.mjs. */

declare module "hub:health" {
  const sections: readonly import("./health.js").Section[];
  export default sections;
}

declare module "hub:checksums" {
  /** SHA-256 of the codes of this release, by contract. */
  const checksums: Readonly<Record<string, string>>;
  export default checksums;
}
