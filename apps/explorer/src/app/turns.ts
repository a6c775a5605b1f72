/** Asking again before the first answer is there, or leaving the page: only what was asked last may say something. */

import { useEffect, useRef } from "preact/hooks";

/** Begins something in place of what was begun before. The answer tells whether it still is what counts. */
export function useTurns(): () => () => boolean {
  const turn = useRef(0);
  useEffect(
    () => () => {
      turn.current += 1;
    },
    [],
  );
  return () => {
    const mine = (turn.current += 1);
    return () => mine === turn.current;
  };
}
