/** Models as rows. */

import type { VNode } from "preact";
import type { registry } from "hub-client/read";

import { exactPercent } from "../app/figures.js";
import { useLink } from "../app/state.js";
import { Account, Table, Theirs, When } from "./parts.js";
import { Price } from "./price.js";

/** Summaries of models, in the order in which they are given. */
export function ModelRows({ models }: { models: readonly registry.ModelSummary[] }): VNode {
  const link = useLink();
  return (
    <Table caption="Models" head={["Model", "Author", "Task", "#Price", "#For operators", "Registered"]}>
      {models.map((model) => (
        <tr>
          <th scope="row">
            <a href={link(`model/${model.model}`)}>
              <Theirs text={model.title} />
            </a>
            <small class="mono">
              <Theirs text={model.name} />
              {"active" in model.status ? "" : "retired" in model.status ? " · retired" : " · delisted"}
            </small>
          </th>
          <td>
            <Account address={model.author} />
          </td>
          <td>
            <Theirs text={model.task} />
          </td>
          <td class="n">
            <Price price={model.price} />
          </td>
          <td class="n">{exactPercent(model.operator_bps)}</td>
          <td>
            <When time={model.registered_at} />
          </td>
        </tr>
      ))}
    </Table>
  );
}
