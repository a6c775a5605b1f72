/** Brings the participants onto the chain: deployment, models, attesters, sessions, and accounts that submit. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DirectSecp256k1Wallet } from "@cosmjs/proto-signing";
import { Hub, type HubAccount, openSessionMessage, registerAttesterMessage, type wire } from "hub-client";
import { ARTIFACTS, deploy, NODE, ROOT, WORK, words } from "../node.js";
import { blob, connect, deployment, metadata, type Name, named, SENDING, USDC } from "../fixture.js";
import { attesterKey, found, type Ids } from "./batches.js";
import { type Participants, OPERATORS } from "./plan.js";

export const SUBMITTERS = 8;
/** Of each session; what a run of a thousand blocks spends is a fraction of it. */
export const BUDGET = 5_000_000_000n;
const DAY = 86_400;
/** Messages in one transaction. */
const AT_ONCE = 20;

export interface Market {
  readonly hub: Hub;
  readonly as: Record<Name, HubAccount>;
  readonly operators: readonly HubAccount[];
  readonly submitters: readonly HubAccount[];
  readonly ids: Ids;
}

/** Deploys the codes under test, as an operator would. */
export async function deployHub(): Promise<void> {
  const config = { ...json(`${ROOT}deploy/chains/devnet.json`), chain_id: NODE.chainId, rpc: NODE.rpc };
  mkdirSync(WORK, { recursive: true });
  writeFileSync(`${WORK}/chain.json`, JSON.stringify(config));
  const args = [`${WORK}/chain.json`, "--artifacts", ARTIFACTS, "--out", `${WORK}/deployments`];
  const { code, error } = await deploy(args, words("deployer"));
  if (code !== 0) {
    throw new Error(`the deployment failed: ${error.trim()}`);
  }
}

function json(path: string): object {
  return JSON.parse(readFileSync(path, "utf8")) as object;
}

/** `begin` is told before anybody pays for anything. */
export async function openMarket(
  participants: Participants,
  begin: (hub: Hub, as: Market["as"]) => Promise<void>,
): Promise<Market> {
  const { hub, as } = await connect(deployment());
  await begin(hub, as);
  const operators = [as.operator, as.operator2];
  if (operators.length !== OPERATORS) {
    throw new Error(`${operators.length} operators play, the plan has ${OPERATORS}`);
  }
  const submitters = await fundedSubmitters(hub, as);
  const models = await registerModels(hub, as, participants);
  const attesters = await registerAttesters(operators, participants);
  const sessions = await openSessions(hub, as, operators, participants, models);
  const ids: Ids = { models: await Promise.all(models.map((model) => hub.offer(model))), attesters, sessions };
  return { hub, as, operators, submitters, ids };
}

/** Secret key of a submitter, 32 bytes. */
export function submitterSecret(place: number): Uint8Array {
  return named(`submitter ${place}`);
}

async function fundedSubmitters(hub: Hub, as: Record<Name, HubAccount>): Promise<HubAccount[]> {
  const accounts: HubAccount[] = [];
  for (let place = 0; place < SUBMITTERS; place += 1) {
    const wallet = await DirectSecp256k1Wallet.fromKey(submitterSecret(place), "wasm");
    accounts.push(await hub.account(wallet, SENDING));
  }
  const coins = [{ denom: "stake", amount: "10000000000" }];
  const sends = accounts.map(({ address }) => ({
    typeUrl: "/cosmos.bank.v1beta1.MsgSend",
    value: { fromAddress: as.deployer.address, toAddress: address, amount: coins },
  }));
  await as.deployer.client.signAndBroadcast(as.deployer.address, sends, "auto");
  return accounts;
}

async function registerModels(hub: Hub, as: Record<Name, HubAccount>, { models }: Participants): Promise<number[]> {
  const ids: number[] = [];
  for (const author of ["author", "author2"] as const) {
    const places = models.flatMap((model, place) => (model.author === author ? [place] : []));
    for (const some of inPortions(places, AT_ONCE)) {
      const messages = some.map((place) => {
        const { rates, payees } = found(models, place);
        return hub.registry.message("register_model", {
          name: `model-${place}`,
          metadata: metadata(`Model ${place}`),
          terms: {
            price: {
              denom: USDC,
              per_call: rates.perCall.toString(),
              per_million_in: rates.perMillionIn.toString(),
              per_million_out: rates.perMillionOut.toString(),
            },
            operator_bps: 10_000 - payees.reduce((sum, { bps }) => sum + bps, 0),
            payees: payees.map(({ name, bps }) => ({ address: as[name].address, bps })),
          },
          release: { major: 1, minor: 0, blob_id: blob(`load model ${place}`).toString() },
        });
      });
      const { answers } = await as[author].send(messages);
      some.forEach((place, number) => (ids[place] = found(answers, number).model));
    }
  }
  return ids;
}

async function registerAttesters(
  operators: readonly HubAccount[],
  { attesters }: Participants,
): Promise<Ids["attesters"]> {
  const ids: { id: number; key: wire.SigningKey }[] = [];
  for (const [place, { operator, keyType }] of attesters.entries()) {
    const key = attesterKey(place, keyType);
    const account = found(operators, operator);
    const { answers } = await account.send([registerAttesterMessage(account, key)]);
    ids.push({ id: answers[0].attester, key });
  }
  return ids;
}

async function openSessions(
  hub: Hub,
  as: Record<Name, HubAccount>,
  operators: readonly HubAccount[],
  { sessions }: Participants,
  models: readonly number[],
): Promise<number[]> {
  const ids: number[] = [];
  for (const caller of ["caller", "caller2"] as const) {
    const places = sessions.flatMap((session, place) => (session.caller === caller ? [place] : []));
    for (const some of inPortions(places, AT_ONCE)) {
      const now = await hub.now();
      const messages = some.map((place) => {
        const session = found(sessions, place);
        const wish = {
          operator: found(operators, session.operator).address,
          models: session.models.map((model) => found(models, model)),
          denom: USDC,
          budget: BUDGET,
          lastsSeconds: 2 * DAY,
        };
        return openSessionMessage(hub, wish, now);
      });
      const { answers } = await as[caller].send(messages);
      some.forEach((place, number) => (ids[place] = found(answers, number).session));
    }
  }
  return ids;
}

function inPortions<T>(list: readonly T[], size: number): T[][] {
  const portions = Math.ceil(list.length / size);
  return Array.from({ length: portions }, (_, place) => list.slice(place * size, (place + 1) * size));
}
