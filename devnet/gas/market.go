package main

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hub/devnet/chain"
	"hub/devnet/wire"

	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// object is a message in the making.
type object = map[string]any

const (
	usdc       = "uusdc"
	budget     = 100_000_000 // of a session: 100 USD
	hourOfWork = 3_600       // seconds over which the receipts of a batch were issued
)

// When things happen. The sessions are opened on the first day of a week; what they hold is aged from the third on.
var (
	opening     = time.Unix(2927*7*86_400, 0).UTC().Add(9 * time.Hour)
	lastWeek    = opening.Add(73 * time.Hour)
	firstOfWeek = opening.Add(169 * time.Hour)
	laterOnDay  = firstOfWeek.Add(time.Hour)
)

// shape is how many of everything there are. A caller has one session without ceiling and, for each of the keys, one
// whose ceiling the key's vouchers raise. The sessions of caller i list the two models behind 2i, going round.
type shape struct {
	callers, models int
	voucherKeys     []wire.Key
}

const modelsPerSession = 2

// market is a Hub on a chain, with everybody who uses it.
type market struct {
	*chain.Chain

	// Time of the next block.
	clock time.Time

	registry, billing, escrow, token sdk.AccAddress
	deployer, operator, submitter    *chain.Account
	authors, callers                 []*chain.Account

	attester    uint64
	attesterKey wire.Key
	// Blob ids of the models, from model 1 on.
	blobs []wire.Hash
	// Numbers of the attester's next receipts, by session.
	next map[uint64]uint64
}

// open starts a chain with a Hub on which the shape's models and sessions stand; they carry ids from 1 on.
func open(home, artifacts, cw20 string, shape shape, profile *profile) (*market, error) {
	m := &market{
		clock:       opening,
		deployer:    chain.NewAccount("deployer"),
		operator:    chain.NewAccount("operator"),
		submitter:   chain.NewAccount("submitter"),
		attester:    1,
		attesterKey: wire.Key{Type: wire.Secp256k1, Seed: hash("attester")},
		next:        map[uint64]uint64{},
	}
	accounts := []*chain.Account{m.deployer, m.operator, m.submitter}
	for i := range shape.models {
		m.authors = append(m.authors, chain.NewAccount(fmt.Sprint("author ", i)))
		m.blobs = append(m.blobs, hash(fmt.Sprint("blob ", i)))
	}
	for i := range shape.callers {
		m.callers = append(m.callers, chain.NewAccount(fmt.Sprint("caller ", i)))
	}
	accounts = append(append(accounts, m.authors...), m.callers...)
	coins := sdk.NewCoins(sdk.NewInt64Coin(chain.FeeDenom, 1_000_000_000_000), sdk.NewInt64Coin(usdc, 1_000_000_000_000))

	var err error
	m.Chain, err = chain.New(home, opening, accounts, coins, wasmkeeper.WithWasmEngineDecorator(profile.decorate))
	if err != nil {
		return nil, err
	}
	if err := m.deploy(artifacts, cw20); err != nil {
		return nil, err
	}
	if err := m.populate(); err != nil {
		return nil, err
	}
	if err := m.openSessions(nil); err != nil {
		return nil, err
	}
	for _, key := range shape.voucherKeys {
		if err := m.openSessions(&key); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *market) deploy(artifacts, cw20 string) error {
	var codes []uint64
	for _, path := range []string{
		filepath.Join(artifacts, "hub_registry.wasm"),
		filepath.Join(artifacts, "hub_escrow.wasm"),
		filepath.Join(artifacts, "hub_billing.wasm"),
		cw20,
	} {
		wasm, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		code, err := m.Store(m.clock, m.deployer, wasm)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		codes = append(codes, code)
	}
	var err error
	if m.registry, err = m.Instantiate(m.clock, m.deployer, codes[0], object{}); err != nil {
		return err
	}
	m.billing, err = m.Instantiate(m.clock, m.deployer, codes[2], object{
		"registry": m.registry.String(), "escrow_code_id": codes[1],
	})
	if err != nil {
		return err
	}
	var config struct{ Escrow string }
	if err := m.Query(m.billing, object{"config": object{}}, &config); err != nil {
		return err
	}
	if m.escrow, err = sdk.AccAddressFromBech32(config.Escrow); err != nil {
		return err
	}
	var balances []object
	for _, caller := range m.callers {
		balances = append(balances, object{"address": caller.String(), "amount": fmt.Sprint(budget)})
	}
	m.token, err = m.Instantiate(m.clock, m.deployer, codes[3], object{
		"name": "US dollar", "symbol": "USDX", "decimals": 6, "initial_balances": balances,
	})
	return err
}

func (m *market) populate() error {
	possession := wire.Possession(m.attesterKey.Type, m.attesterKey.Public(), m.operator.Address)
	txs := []*chain.Tx{chain.NewTx(m.operator, chain.Execute(m.operator, m.billing, object{"register_attester": object{
		"key":        m.attesterKey.Public(),
		"key_type":   m.attesterKey.Type.Name(),
		"possession": m.attesterKey.Sign(wire.Digest(m.tag(wire.ForAttester), possession)),
	}}))}
	for i, author := range m.authors {
		txs = append(txs, chain.NewTx(author, chain.Execute(author, m.registry, object{"register_model": object{
			"name": fmt.Sprint("model-", i),
			"metadata": object{
				"title": "A model", "description": "", "task": "forecast", "license": "Apache-2.0", "tags": []string{},
			},
			"terms": object{
				"price": object{
					"denom":    object{"native": usdc},
					"per_call": "5", "per_million_in": "2000000", "per_million_out": "8000000",
				},
				"operator_bps": 0,
				"payees":       []object{{"address": author.String(), "bps": 10_000}},
			},
			"release": object{"major": 1, "minor": 0, "blob_id": base64.RawURLEncoding.EncodeToString(m.blobs[i][:])},
		}})))
	}
	_, err := m.Commit(m.clock, txs...)
	return err
}

// openSessions opens one session for each caller with a deposit. Given a key they have a ceiling, which is high and
// which the key's vouchers can raise.
func (m *market) openSessions(key *wire.Key) error {
	var txs, raises []*chain.Tx
	opened := len(m.next)
	for i, caller := range m.callers {
		var listed []object
		for place := range modelsPerSession {
			listed = append(listed, object{"model": m.listed(i, place)})
		}
		session := object{
			"operator":   m.operator.String(),
			"models":     object{"listed": listed},
			"budget":     fmt.Sprint(budget),
			"expires_at": opening.Add(60 * 24 * time.Hour).Unix(),
		}
		id := uint64(opened + i + 1)
		m.next[id] = 0
		if key != nil {
			session["ceiling"] = object{"key": object{"key_type": key.Type.Name(), "key": key.Public()}}
			raises = append(raises, chain.NewTx(caller, chain.Execute(caller, m.escrow, object{
				"raise_ceiling": object{"session": id, "ceiling": fmt.Sprint(budget / 2)},
			})))
		}
		txs = append(txs, chain.NewTx(caller, chain.Execute(caller, m.escrow,
			object{"deposit": object{"session": session}}, sdk.NewInt64Coin(usdc, budget))))
	}
	if _, err := m.Commit(m.clock, txs...); err != nil {
		return err
	}
	_, err := m.Commit(m.clock, raises...)
	return err
}

// listed is the model at a place of the list of a caller's sessions.
func (m *market) listed(caller, place int) uint64 {
	return uint64((caller*modelsPerSession+place)%len(m.authors)) + 1
}

// delivery is a batch on its way, with where it leaves the lanes.
type delivery struct {
	message  object
	receipts int
	next     map[uint64]uint64
}

// deliver makes a batch of so many receipts for each model of each of the callers' sessions, which begin with `first`.
func (m *market) deliver(label string, mode wire.Mode, first, perGroup int) delivery {
	var receipts []wire.Receipt
	for i := range m.callers {
		for place := range modelsPerSession {
			receipts = append(receipts, m.receipts(label, uint64(first+i), m.listed(i, place), perGroup)...)
		}
	}
	next := maps.Clone(m.next)
	batch, _ := wire.Assemble(mode, m.attester, receipts, next)
	bytes := batch.Encode()
	return delivery{
		message: object{
			"batch":     bytes,
			"signature": m.attesterKey.Sign(wire.Digest(m.tag(wire.ForBatch), bytes)),
			"vouchers":  []object{},
		},
		receipts: len(receipts),
		next:     next,
	}
}

// receipts of one session for one model. Those of a longer list begin with those of a shorter one.
func (m *market) receipts(label string, session, model uint64, count int) []wire.Receipt {
	h := fnv.New64a()
	h.Write([]byte(label))
	random := rand.New(rand.NewPCG(h.Sum64(), session<<32|model))
	var receipts []wire.Receipt
	for i := range count {
		receipts = append(receipts, wire.Receipt{
			Attester: m.attester, Session: session,
			BlobID: m.blobs[model-1],
			Model:  model, Release: 1, Terms: 1,
			RequestID: [16]byte(slices.Repeat([]byte{byte(i)}, 16)),
			IssuedAt:  uint64(m.clock.Unix()) - random.Uint64N(hourOfWork),
			Units:     wire.Units{In: 50 + random.Uint64N(3_951), Out: 20 + random.Uint64N(1_481)},

			RequestHash: hash("request"), ResponseHash: hash("response"),
		})
	}
	return receipts
}

// vouchers signs one for each session of the delivery from `first` on, above its ceiling.
func (m *market) vouchers(key wire.Key, first int) []object {
	var vouchers []object
	for i := range m.callers {
		session, ceiling := uint64(first+i), int64(budget/2+1)
		bytes := wire.Voucher(session, big.NewInt(ceiling))
		vouchers = append(vouchers, object{
			"session":   session,
			"ceiling":   fmt.Sprint(ceiling),
			"signature": key.Sign(wire.Digest(m.tag(wire.ForVoucher), bytes)),
		})
	}
	return vouchers
}

// check makes sure that a batch was paid whole.
func (d delivery) check(result chain.Result) error {
	var answer struct{ Offered, Paid int }
	if err := result.ContractData(0, &answer); err != nil {
		return err
	}
	if answer.Offered != d.receipts || answer.Paid != d.receipts {
		return fmt.Errorf("%d of %d receipts were paid, all %d expected", answer.Paid, answer.Offered, d.receipts)
	}
	return nil
}

// try settles a delivery without consequences; messages follow it in the same transaction.
func (m *market) try(d delivery, behind ...sdk.Msg) (chain.Result, error) {
	messages := append([]sdk.Msg{m.batchMessage(d)}, behind...)
	result, err := m.send(m.submitter, messages...)
	if err != nil {
		return result, err
	}
	return result, d.check(result)
}

// send sends a transaction without consequences.
func (m *market) send(sender *chain.Account, messages ...sdk.Msg) (chain.Result, error) {
	results, err := m.Try(m.clock, chain.NewTx(sender, messages...))
	if err != nil {
		return chain.Result{}, err
	}
	return results[0], nil
}

// settle settles a delivery for good.
func (m *market) settle(d delivery) error {
	results, err := m.Commit(m.clock, chain.NewTx(m.submitter, m.batchMessage(d)))
	if err != nil {
		return err
	}
	m.next = d.next
	return d.check(results[0])
}

func (m *market) batchMessage(d delivery) sdk.Msg {
	return chain.Execute(m.submitter, m.billing, object{"settle_batch": d.message})
}

// single is the message that settles one receipt of session 1.
func (m *market) single() sdk.Msg {
	receipt := m.receipts("single", 1, m.listed(0, 0), 1)[0]
	bytes, sequence := receipt.Encode(), m.next[1]
	return chain.Execute(m.submitter, m.billing, object{"settle": object{
		"receipt":   bytes,
		"sequence":  sequence,
		"signature": m.attesterKey.Sign(wire.ReceiptDigest(m.tag(wire.ForReceipt), bytes, sequence)),
	}})
}

func (m *market) tag(purpose wire.Purpose) wire.Hash {
	return wire.Tag(purpose, chain.ID, m.billing)
}
