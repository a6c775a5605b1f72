package gas

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hub/tests/devnet/chain"
	"hub/tests/devnet/wire"

	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"
)

// object is a message in the making.
type object = map[string]any

const (
	usdc   = "uusdc"
	budget = 100_000_000 // of a session: 100 USD
	// What an old customer paid each model: about a thousand times what a batch adds.
	longHistory = 2_500_000_000
	// Seconds over which the receipts of a batch were issued.
	issuedWithin     = 3_600
	modelsPerSession = 2
)

// When things happen. The sessions are opened on the first day of a week; what they hold is aged from the third on.
var (
	opening     = time.Unix(2927*7*86_400, 0).UTC().Add(9 * time.Hour)
	lastWeek    = opening.Add(73 * time.Hour)
	firstOfWeek = opening.Add(169 * time.Hour)
	laterOnDay  = firstOfWeek.Add(time.Hour)
)

// shape is how many of everything there are. Every caller has one session, which lists two models: caller i those
// behind 2i, going round. With a key, the sessions have a ceiling which the key's vouchers raise.
type shape struct {
	callers, models, perGroup int
	voucherKey                *wire.Key
}

// The shapes of the two workloads: two groups a session, so 1 000 and 10 000 receipts a batch.
var (
	thousand    = shape{callers: 50, models: 20, perGroup: 10}
	tenThousand = shape{callers: 100, models: 40, perGroup: 50}
)

// market is a Hub on a chain of its own, with everybody who uses it. Models and sessions have ids from 1 on.
type market struct {
	*chain.Chain
	shape
	profile *profile
	// Time of the next block.
	clock time.Time

	registry, billing, escrow, verifier, token sdk.AccAddress
	deployer, operator, submitter              *chain.Account
	// Paid every model much, long ago.
	customer         *chain.Account
	authors, callers []*chain.Account

	attester uint64
	key      wire.Key
	// Blob ids of the models, from model 1 on.
	blobs []wire.Hash
	// Numbers of the attester's next receipts, by session.
	next map[uint64]uint64
}

// open starts a chain with a Hub on which the shape's models and sessions stand.
func open(t *testing.T, shape shape) *market {
	m := &market{
		shape:     shape,
		profile:   &profile{},
		clock:     opening,
		deployer:  chain.NewAccount("deployer"),
		operator:  chain.NewAccount("operator"),
		submitter: chain.NewAccount("submitter"),
		customer:  chain.NewAccount("customer"),
		attester:  1,
		key:       wire.Key{Type: wire.Secp256k1, Seed: hash("attester")},
		next:      map[uint64]uint64{},
	}
	for i := range shape.models {
		m.authors = append(m.authors, chain.NewAccount(fmt.Sprint("author ", i)))
		m.blobs = append(m.blobs, hash(fmt.Sprint("blob ", i)))
	}
	for i := range shape.callers {
		m.callers = append(m.callers, chain.NewAccount(fmt.Sprint("caller ", i)))
	}
	accounts := slices.Concat([]*chain.Account{m.deployer, m.operator, m.submitter, m.customer}, m.authors, m.callers)
	coins := sdk.NewCoins(sdk.NewInt64Coin(chain.FeeDenom, 1_000_000_000_000), sdk.NewInt64Coin(usdc, 1_000_000_000_000))
	m.Chain = chain.New(t, m.clock, accounts, coins, wasmkeeper.WithWasmEngineDecorator(m.profile.decorate))
	m.deploy(t)
	m.populate()
	return m
}

func (m *market) deploy(t *testing.T) {
	artifacts := os.Getenv("HUB_ARTIFACTS")
	if artifacts == "" {
		artifacts = "../../artifacts"
	}
	store := func(dir, file string) uint64 {
		wasm, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		return m.Store(m.clock, m.deployer, wasm)
	}
	m.registry = m.Instantiate(m.clock, m.deployer, store(artifacts, "hub_registry.wasm"), object{
		"walrus_keeper": m.deployer.String(),
	})
	escrow := store(artifacts, "hub_escrow.wasm")
	m.billing = m.Instantiate(m.clock, m.deployer, store(artifacts, "hub_billing.wasm"), object{
		"registry": m.registry.String(), "escrow_code_id": escrow,
	})
	var config struct{ Escrow string }
	m.Query(m.billing, object{"config": object{}}, &config)
	m.escrow = sdk.MustAccAddressFromBech32(config.Escrow)

	var balances []object
	for _, caller := range m.callers {
		balances = append(balances, object{"address": caller.String(), "amount": fmt.Sprint(budget)})
	}
	m.token = m.Instantiate(m.clock, m.deployer, store("../devnet/build", "cw20_base.wasm"), object{
		"name": "US dollar", "symbol": "USDX", "decimals": 6, "initial_balances": balances,
	})
	m.verifier = m.Instantiate(m.clock, m.deployer, store(artifacts, "hub_nitro_verifier.wasm"), object{
		"root": nitroRoot(t),
	})
}

func (m *market) populate() {
	possession := wire.Possession(m.key.Type, m.key.Public(), m.operator.Address)
	txs := []*chain.Tx{m.tx(m.operator, m.billing, object{"register_attester": object{
		"key":        m.key.Public(),
		"key_type":   m.key.Type.Name(),
		"possession": m.key.Sign(wire.Digest(m.tag(wire.ForAttester), possession)),
	}})}
	for i, author := range m.authors {
		txs = append(txs, m.tx(author, m.registry, object{"register_model": object{
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
		}}))
	}
	m.Commit(m.clock, txs...)

	var opens, raises []*chain.Tx
	for i, caller := range m.callers {
		var listed []object
		for _, model := range m.listed(i) {
			listed = append(listed, object{"model": model})
		}
		session := object{
			"operator":   m.operator.String(),
			"models":     object{"listed": listed},
			"budget":     fmt.Sprint(budget),
			"expires_at": opening.Add(60 * 24 * time.Hour).Unix(),
		}
		if key := m.voucherKey; key != nil {
			session["ceiling"] = object{"key": object{"key_type": key.Type.Name(), "key": key.Public()}}
			raises = append(raises, m.tx(caller, m.escrow, object{
				"raise_ceiling": object{"session": i + 1, "ceiling": fmt.Sprint(budget / 2)},
			}))
		}
		opens = append(opens, m.tx(caller, m.escrow,
			object{"deposit": object{"session": session}}, sdk.NewInt64Coin(usdc, budget)))
	}
	m.Commit(m.clock, opens...)
	m.Commit(m.clock, raises...)
	savings := int64(longHistory * (m.models + 1))
	highest := fmt.Sprint(longHistory)
	m.send(m.customer, m.Execute(m.customer, m.escrow, object{"deposit": object{"session": object{
		"operator":   m.operator.String(),
		"models":     object{"any": object{}},
		"max_price":  object{"per_call": highest, "per_million_in": highest, "per_million_out": highest},
		"budget":     fmt.Sprint(savings),
		"expires_at": opening.Add(60 * 24 * time.Hour).Unix(),
	}}}, sdk.NewInt64Coin(usdc, savings)))
}

// listed are the models that the session of a caller lists.
func (m *market) listed(caller int) []uint64 {
	var models []uint64
	for place := range modelsPerSession {
		models = append(models, uint64((caller*modelsPerSession+place)%m.models)+1)
	}
	return models
}

// batch is the message that settles so many receipts for each of the models that each session lists.
func (m *market) batch(label string, mode wire.Mode, perGroup int) object {
	var receipts []wire.Receipt
	for i := range m.callers {
		for _, model := range m.listed(i) {
			receipts = append(receipts, m.receipts(label, uint64(i+1), model, perGroup)...)
		}
	}
	batch, _ := wire.Assemble(mode, m.attester, receipts, maps.Clone(m.next))
	return m.signed(batch.Encode())
}

// signed is the message that settles a batch.
func (m *market) signed(batch []byte) object {
	return object{"settle_batch": object{
		"batch":     batch,
		"signature": m.key.Sign(wire.Digest(m.tag(wire.ForBatch), batch)),
		"vouchers":  [][]byte{},
	}}
}

// receipts of one session for one model. A longer list of the same label begins with a shorter one.
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
			IssuedAt:  uint64(m.clock.Unix()) - random.Uint64N(issuedWithin),
			Units:     wire.Units{In: 50 + random.Uint64N(3_951), Out: 20 + random.Uint64N(1_481)},

			RequestHash: hash("request"), ResponseHash: hash("response"),
		})
	}
	return receipts
}

// settle sends a batch with messages behind it, and makes sure that it is paid whole.
func (m *market) settle(batch object, behind ...sdk.Msg) chain.Result {
	messages := append([]sdk.Msg{m.Execute(m.submitter, m.billing, batch)}, behind...)
	result := m.send(m.submitter, messages...)
	var answer struct{ Offered, Paid uint64 }
	result.Answer(0, &answer)
	if answer.Paid != answer.Offered {
		panic(fmt.Sprintf("%d of %d receipts were paid", answer.Paid, answer.Offered))
	}
	perSession := answer.Paid / uint64(len(m.callers))
	for i := range m.callers {
		m.next[uint64(i+1)] += perSession
	}
	return result
}

// withHistory settles batches last week and early this day: every payer is known, every open sum is of this day, and
// the models have earned so much that few change their place in the ranking.
func (m *market) withHistory() *market {
	return m.withLongPast().withBatches()
}

// withBatches is withHistory of models that are new, so that every batch moves all of them up the ranking.
func (m *market) withBatches() *market {
	for _, at := range []time.Time{lastWeek, firstOfWeek} {
		m.clock = at
		m.settle(m.batch(at.String(), wire.Itemised, m.perGroup))
	}
	m.clock = laterOnDay
	return m
}

// withLongPast lets the old customer pay every model.
func (m *market) withLongPast() *market {
	m.clock = lastWeek
	session := uint64(len(m.callers) + 1)
	var receipts []wire.Receipt
	for model := range uint64(m.models) {
		receipts = append(receipts, wire.Receipt{
			Attester: m.attester, Session: session,
			BlobID: m.blobs[model],
			Model:  model + 1, Release: 1, Terms: 1,
			IssuedAt: uint64(m.clock.Unix()),
			Units:    wire.Units{In: longHistory / 2},
		})
	}
	batch, _ := wire.Assemble(wire.Itemised, m.attester, receipts, maps.Clone(m.next))
	result := m.send(m.submitter, m.Execute(m.submitter, m.billing, m.signed(batch.Encode())))
	var answer struct{ Offered, Paid uint64 }
	result.Answer(0, &answer)
	if answer.Paid != answer.Offered {
		panic(fmt.Sprintf("the old customer paid %d of %d calls", answer.Paid, answer.Offered))
	}
	return m
}

// single is the message that settles one receipt of session 1.
func (m *market) single() object {
	receipt := m.receipts("single", 1, m.listed(0)[0], 1)[0]
	bytes, sequence := receipt.Encode(), m.next[1]
	return object{"settle": object{
		"receipt":   bytes,
		"sequence":  sequence,
		"signature": m.key.Sign(wire.ReceiptDigest(m.tag(wire.ForReceipt), bytes, sequence)),
	}}
}

// vouchers are one for each session, above its ceiling: each in bytes, with the signature behind.
func (m *market) vouchers() [][]byte {
	var vouchers [][]byte
	for i := range m.callers {
		voucher := wire.Voucher(uint64(i+1), big.NewInt(budget/2+1))
		signature := m.voucherKey.Sign(wire.Digest(m.tag(wire.ForVoucher), voucher))
		vouchers = append(vouchers, slices.Concat(voucher, signature))
	}
	return vouchers
}

// send makes a block of one transaction.
func (m *market) send(sender *chain.Account, messages ...sdk.Msg) chain.Result {
	m.profile.calls = nil
	return m.Commit(m.clock, chain.NewTx(sender, messages...))[0]
}

// tx is a transaction of one message to a contract.
func (m *market) tx(sender *chain.Account, contract sdk.AccAddress, message object, funds ...sdk.Coin) *chain.Tx {
	return chain.NewTx(sender, m.Execute(sender, contract, message, funds...))
}

func (m *market) tag(purpose wire.Purpose) wire.Hash {
	return wire.Tag(purpose, chain.ID, m.billing)
}

func hash(text string) wire.Hash { return sha256.Sum256([]byte(text)) }
