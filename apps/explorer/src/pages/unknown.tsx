/** An address that names no page. */

import type { VNode } from "preact";

import { useLink } from "../app/state.js";
import { Nothing, Title } from "../ui/states.js";

/** What is shown for it. */
export default function Unknown(): VNode {
  const link = useLink();
  return (
    <>
      <Title name="No such page" />
      <Nothing>
        This address names no page. <a href={link("")}>To the market</a>
      </Nothing>
    </>
  );
}
