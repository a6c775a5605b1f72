/**
 * Which models are lit: those that earn money from several payers, not those that are called often. A model is lit if it earns at
 * least 0.10 of the denomination a week, of two payers or more.
 *
 * "A week" is the average of recent weeks, in which a payment counts half after four weeks, as the chain keeps it: what flows
 * steadily at w a week stands there as w / (1 − 2^(−1/4)). So one number of the ranking says it, and no page needs a query for
 * each model.
 */

import { backing, type billing, recentlyServedOf, servedOf } from "hub-client/read";

/** 1 − 2^(−1/4), in parts of 10^7: what one week is of a sum whose payments count half after four weeks. */
const WEEK_PART = 1_591_036n;
const WHOLE = 10_000_000n;

/** Payers that a model needs to be lit. */
export const FEWEST_PAYERS = 2;

/** What a week brings, of a sum in which payments count half after four weeks. Rounded down. */
export function weekly(recent: bigint): bigint {
  return (recent * WEEK_PART) / WHOLE;
}

/** The smallest such sum that makes `week` a week. */
export function recentFor(week: bigint): bigint {
  return (week * WHOLE + WEEK_PART - 1n) / WEEK_PART;
}

/** A model that earns, by what anybody can claim and by what the reader's operators kept. */
export interface Light {
  readonly model: number;
  /** Aged income of a week: what it claims. Undefined where only believed operators were asked about it. */
  readonly claimed: bigint | undefined;
  /** Of a week, backed by what believed operators kept. 0 where they served nothing. */
  readonly backed: bigint;
  /** Backed over its life. */
  readonly everBacked: bigint;
  readonly payers: number;
  readonly returning: number;
}

/** How bright a square is: 0 dark, 1 claimed and not backed, 2 to 4 backed with 0.10, 1 and 10 a week or more. */
export type Brightness = 0 | 1 | 2 | 3 | 4;

/** How bright a model is. */
export function brightness(light: Light, least: bigint): Brightness {
  if (light.payers < FEWEST_PAYERS) {
    return 0;
  }
  if (light.backed >= least) {
    return light.backed >= 100n * least ? 4 : light.backed >= 10n * least ? 3 : 2;
  }
  return (light.claimed ?? 0n) >= least ? 1 : 0;
}

/** What believed operators served of models: pages of `ranking_at`. */
export type ServedModels = readonly billing.ModelAt[];

/**
 * Everything known of models that earn: what the ranking says anybody may have made up, and what believed operators kept.
 *
 * @param factor times what an operator kept, for which it speaks
 */
export function lightsOf(
  ranked: readonly billing.RankedModel[],
  served: ServedModels,
  factor: number,
): ReadonlyMap<number, Light> {
  const lights = new Map<number, Light>();
  for (const one of ranked) {
    lights.set(one.place.model, {
      model: one.place.model,
      claimed: weekly(BigInt(one.recent_aged)),
      backed: 0n,
      everBacked: 0n,
      payers: one.payers,
      returning: one.returning,
    });
  }
  const byModel = new Map<number, billing.ModelAt[]>();
  for (const entry of served) {
    byModel.set(entry.place.model, [...(byModel.get(entry.place.model) ?? []), entry]);
  }
  for (const [model, entries] of byModel) {
    const sums = entries.map((entry) => entry.sums);
    lights.set(model, {
      model,
      claimed: lights.get(model)?.claimed,
      backed: weekly(backing(sums.map(recentlyServedOf), factor)),
      everBacked: backing(sums.map(servedOf), factor),
      // Those of the model, whoever served it.
      payers: entries[0]?.payers ?? 0,
      returning: entries[0]?.returning ?? 0,
    });
  }
  return lights;
}

function lesser(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/**
 * Lights in the order in which they are listed: what is backed, of which each payer who came back speaks for at most what lights a
 * model; then the same of what is claimed. A ring that leaves believed operators much, from few accounts, stands where its accounts
 * put it; many accounts that pay them next to nothing stand where that puts them.
 *
 * @param least what a model must earn a week to be lit
 */
export function inOrder(lights: Iterable<Light>, least: bigint): Light[] {
  const spoken = (value: bigint, { returning }: Light) => lesser(value, BigInt(returning) * least);
  return [...lights].sort(
    (one, other) =>
      descending(spoken(one.backed, one), spoken(other.backed, other)) ||
      descending(one.backed, other.backed) ||
      descending(one.everBacked, other.everBacked) ||
      descending(spoken(one.claimed ?? 0n, one), spoken(other.claimed ?? 0n, other)) ||
      descending(one.claimed ?? 0n, other.claimed ?? 0n) ||
      one.model - other.model,
  );
}

function descending(one: bigint, other: bigint): number {
  return one === other ? 0 : one < other ? 1 : -1;
}

/** How many models are lit, and by how much a week. */
export function counts(
  lights: ReadonlyMap<number, Light>,
  least: bigint,
): { lit: number; claims: number; backed: bigint; claimed: bigint } {
  let [lit, claims, backed, claimed] = [0, 0, 0n, 0n];
  for (const light of lights.values()) {
    const bright = brightness(light, least);
    lit += bright >= 2 ? 1 : 0;
    const claim = light.claimed ?? 0n;
    claims += claim >= least && bright > 0 ? 1 : 0;
    backed += light.backed;
    claimed += claim;
  }
  return { lit, claims, backed, claimed };
}
