/** A price that moves at random, in place of an exchange: put your own feed here. */

const CANDLES = 10;
const STEPS = 8;

/** Open, high, low and close of a candle. */
type Candle = readonly [number, number, number, number];

/** Candles as they come, the newest ten of them as one flat list, oldest first. */
export function prices(start = 100): { readonly last: number; next(): number[] } {
  let price = start;
  let volatility = 0.002;
  const candles: Candle[] = [];
  const step = () => {
    volatility = Math.max(0.0005, volatility * (1 + 0.2 * (Math.random() - 0.5)));
    price *= 1 + volatility * (Math.random() + Math.random() - 1);
    return price;
  };
  const candle = (): Candle => {
    const moves = [price, ...Array.from({ length: STEPS }, step)];
    return [moves[0] ?? price, Math.max(...moves), Math.min(...moves), price];
  };
  return {
    get last() {
      return price;
    },
    next: () => {
      do {
        candles.push(candle());
      } while (candles.length < CANDLES);
      return candles.slice(-CANDLES).flat();
    },
  };
}
