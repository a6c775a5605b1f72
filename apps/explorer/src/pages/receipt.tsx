/** A receipt, pasted: what it says, and whether it is proven. */

import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { billing } from "hub-client/read";

import { canonical } from "../app/bech32.js";
import { count, moment, plain } from "../app/format.js";
import { useApp, useLink } from "../app/state.js";
import { useTurns } from "../app/turns.js";
import { whereKeyLives } from "../market/operators.js";
import { answerSigned, prove, type Verdict } from "../receipt/prove.js";
import { hex, NoReceipt, type Pasted, readPasted } from "../receipt/read.js";
import { Account, Facts, Outside } from "../ui/parts.js";
import { Title } from "../ui/states.js";

interface Shown {
  readonly pasted: Pasted;
  readonly attester: billing.AttesterResponse;
  readonly verdict: Verdict;
  readonly signed: boolean | undefined;
}

/** Paste a receipt, see it proven or not. */
export function receipt(): VNode {
  const { connection, config, heard } = useApp();
  const [text, write] = useState("");
  const [shown, show] = useState<Shown | undefined>(undefined);
  const [says, say] = useState("");
  const begin = useTurns();

  async function look(what: string): Promise<void> {
    const counts = begin();
    show(undefined);
    let pasted: Pasted;
    try {
      pasted = readPasted(what);
    } catch (error) {
      say(error instanceof NoReceipt ? error.message : String(error));
      return;
    }
    say("Asking the chain…");
    try {
      const { hub, latest } = connection.ask();
      const [attester, block] = await Promise.all([
        hub.billing.query.attester({ attester: Number(pasted.receipt.attester) }),
        latest,
      ]);
      heard(block);
      const verdict = await prove(hub, pasted, attester);
      const domain = {
        chainId: config.deployment.chain_id,
        contract: canonical(config.deployment.contracts.billing.address),
      };
      if (counts()) {
        show({ pasted, attester, verdict, signed: answerSigned(pasted, attester, domain) });
        say("");
      }
    } catch (error) {
      if (counts()) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
  }

  async function fetchProof(attester: billing.AttesterResponse, pasted: Pasted): Promise<void> {
    try {
      const answer = await fetch(new URL(`/v1/receipts/${hex(pasted.receipt.requestId)}`, attester.endpoint ?? ""), {
        credentials: "omit",
        signal: AbortSignal.timeout(8_000),
      });
      const found = await answer.text();
      write(found);
      await look(found);
    } catch {
      say("The operator’s server does not answer.");
    }
  }

  return (
    <>
      <Title name="Receipt" />
      <p class="prose">
        A receipt is an attester’s statement that one inference ran. It is proven when a batch that the chain recorded
        holds it: then the attester vouched for it, and cannot take it back. That it was paid, the session shows; that
        the answer was right, nobody proves.
      </p>
      <form
        class="paste"
        onSubmit={(event) => {
          event.preventDefault();
          void look(text);
        }}
      >
        <label for="pasted">
          The answer of a server at /v1/receipts/…, a PAYMENT-RESPONSE, or the bytes of a receipt
        </label>
        <textarea
          id="pasted"
          rows={6}
          class="mono"
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          spellcheck={false}
        />
        <button>Is it proven?</button>
      </form>
      <div role="status">{says === "" ? null : <p class="note">{plain(says)}</p>}</div>
      {shown === undefined ? null : <Outcome shown={shown} fetchProof={fetchProof} />}
    </>
  );
}

function Outcome({
  shown: { pasted, attester, verdict, signed },
  fetchProof,
}: {
  shown: Shown;
  fetchProof: (attester: billing.AttesterResponse, pasted: Pasted) => Promise<void>;
}): VNode {
  const { receipt, answer } = pasted;
  const link = useLink();
  return (
    <section aria-live="polite">
      {verdict.proven ? (
        <p class="verdict good">
          Proven. Attester {attester.attester} vouched for it in its batch {verdict.batch}, which the chain recorded on{" "}
          {moment(verdict.inclusion.settled_at)} UTC.
        </p>
      ) : (
        <p class="verdict bad">Not proven: {plain(verdict.why)}.</p>
      )}
      {!verdict.proven && pasted.proof === undefined && attester.endpoint ? (
        <p>
          <button onClick={() => void fetchProof(attester, pasted)}>Ask the operator’s server for the proof</button>{" "}
          <Outside href={attester.endpoint} />
        </p>
      ) : null}
      <Facts
        rows={[
          [
            "Model",
            <>
              <a href={link(`model/${receipt.model}`)}>{receipt.model.toString()}</a>, release{" "}
              {receipt.release.toString()}, terms {receipt.terms.toString()}
            </>,
          ],
          ["Blob", <span class="mono wrap">{receipt.blobId.toString()}</span>],
          ["Session that pays", <a href={link(`session/${receipt.session}`)}>{receipt.session.toString()}</a>],
          [
            "Attester",
            <>
              {attester.attester}, {whereKeyLives(attester)}, of <Account address={attester.operator} to="operator" />
            </>,
          ],
          ["Issued", `${moment(Number(receipt.issuedAt))} UTC`],
          ["Units", `${count(receipt.units.input)} in, ${count(receipt.units.output)} out`],
          ["Request id", <span class="mono wrap">{hex(receipt.requestId)}</span>],
          ["SHA-256 of the request", <span class="mono wrap">{hex(receipt.requestHash)}</span>],
          ["SHA-256 of the response", <span class="mono wrap">{hex(receipt.responseHash)}</span>],
          answer === undefined
            ? undefined
            : [
                "Signature over answer and engine",
                <>
                  {signed ? <span class="good">holds</span> : <span class="bad">does not hold</span>}:{" "}
                  {plain(answer.engine)}, {plain(answer.label)}
                </>,
              ],
          verdict.proven
            ? [
                "Its batch",
                `${count(verdict.inclusion.offered)} receipts, of which the message that recorded it billed ${count(verdict.inclusion.paid)}`,
              ]
            : undefined,
        ]}
      />
    </section>
  );
}
