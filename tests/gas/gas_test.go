// Package gas measures what the Hub costs on wasmd, in wasmd's own application: the rows of tests/gas/snapshot.json.
package gas

import (
	"os"
	"testing"

	"hub/tests/devnet/chain"
	"hub/tests/devnet/wire"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/stretchr/testify/require"
)

// row is a line of the table. Budget and goal are 0 where there are none.
type row struct {
	name, what   string
	budget, goal float64
	measure      func(*testing.T, *report) float64
}

// Every row is measured on a chain of its own.
var rows = []row{
	{"settle", "`Settle`, one receipt", 230_000, 225_000, func(t *testing.T, r *report) float64 {
		m := open(t, thousand).withHistory()
		return r.profile("`Settle`", m, m.send(m.submitter, m.Execute(m.submitter, m.billing, m.single())), 1)
	}},
	{"w1k_per_receipt", "W1k: 1 000 receipts, 50 sessions, 20 models, 100 groups: per receipt", 1_010, 970, func(t *testing.T, r *report) float64 {
		m := open(t, thousand).withHistory()
		return r.profile("W1k", m, m.settle(m.batch("w1k", wire.Itemised, m.perGroup)), 1_000)
	}},
	{"w10k_per_receipt", "W10k: 10 000 receipts, 100 sessions, 40 models, 200 groups: per receipt", 215, 207, func(t *testing.T, r *report) float64 {
		m := open(t, tenThousand).withHistory()
		return r.profile("W10k", m, m.settle(m.batch("w10k", wire.Itemised, m.perGroup)), 10_000)
	}},
	{"w10k_netted_per_receipt", "W10k netted: per receipt", 175, 167, func(t *testing.T, r *report) float64 {
		m := open(t, tenThousand).withHistory()
		return r.profile("W10k netted", m, m.settle(m.batch("w10k", wire.Netted, m.perGroup)), 10_000)
	}},
	{"w1k_first_of_week_per_receipt", "first W1k of a week: per receipt", 1_450, 1_380, func(t *testing.T, r *report) float64 {
		m := open(t, thousand).withLongPast()
		m.settle(m.batch("last week", wire.Itemised, m.perGroup))
		m.clock = firstOfWeek
		return r.profile("First W1k of a week", m, m.settle(m.batch("w1k", wire.Itemised, m.perGroup)), 1_000)
	}},
	{"w1k_all_ranks_move_per_receipt", "W1k of new models, all of which move up the ranking: per receipt", 0, 0, func(t *testing.T, _ *report) float64 {
		m := open(t, thousand).withBatches()
		return per(m.settle(m.batch("w1k", wire.Itemised, m.perGroup)).Gas, 1_000)
	}},
	{"marginal_receipt", "one more itemised receipt in a large batch", 44, 41, func(t *testing.T, _ *report) float64 {
		// Each of the 200 groups of a W10k grows by five.
		m := open(t, tenThousand).withHistory()
		shorter := m.settle(m.batch("w10k", wire.Itemised, m.perGroup))
		m = open(t, tenThousand).withHistory()
		longer := m.settle(m.batch("w10k", wire.Itemised, m.perGroup+5))
		return per(longer.Gas-shorter.Gas, 1_000)
	}},
	{"voucher", "voucher of a secp256k1 key, each", 1_800, 1_750, func(t *testing.T, _ *report) float64 {
		return voucher(t, wire.Secp256k1)
	}},
	{"voucher_ed25519", "voucher of an ed25519 key, each", 1_800, 1_750, func(t *testing.T, _ *report) float64 {
		return voucher(t, wire.Ed25519)
	}},
	{"walrus_certificate_100", "Walrus certificate, committee of 100", 180_000, 165_000, func(t *testing.T, r *report) float64 {
		m, result := certificate(t, 100)
		return r.profile("Walrus certificate, committee of 100", m, result, 1)
	}},
	{"walrus_certificate_1000", "Walrus certificate, committee of 1 000", 0, 0, func(t *testing.T, r *report) float64 {
		m, result := certificate(t, 1_000)
		return r.profile("Walrus certificate, committee of 1 000", m, result, 1)
	}},
	{"set_committee_100", "storing a Walrus committee of 100", 0, 0, func(t *testing.T, _ *report) float64 {
		_, _, result := setCommittee(t, 100)
		return float64(result.Gas)
	}},
	{"set_committee_1000", "storing a Walrus committee of 1 000", 0, 0, func(t *testing.T, _ *report) float64 {
		_, _, result := setCommittee(t, 1_000)
		return float64(result.Gas)
	}},
	{"verify_symbol_smallest", "query `VerifySymbol`, symbol of 2 bytes: a blob below 445 556 bytes", 0, 0, func(t *testing.T, _ *report) float64 {
		return verifySymbol(t, 300_000, 2)
	}},
	{"verify_symbol_longest", "query `VerifySymbol`, symbol of 65 534 bytes: the longest blob", 90_000, 85_000, func(t *testing.T, _ *report) float64 {
		return verifySymbol(t, 14_599_533_452, 65_534)
	}},
	{"nitro_cold", "Nitro registration, cold", 540_000, 520_000,
		registering("Nitro registration, cold", nil, nil)},
	{"nitro_same_zone", "Nitro registration, same zone", 440_000, 420_000,
		registering("Nitro registration, same zone", []string{"--instance", "0123456789abcdef0"}, nil)},
	{"nitro_same_instance", "Nitro registration, same instance", 385_000, 368_000,
		registering("Nitro registration, same instance", []string{"--enclave", "0123456789abcdef"}, nil)},
	{"bank_send", "bank transfer, to compare", 0, 0, func(t *testing.T, _ *report) float64 {
		m := open(t, thousand).withHistory()
		return float64(m.send(m.callers[0], bankSend(m.callers[0], m.callers[1])).Gas)
	}},
	{"cw20_transfer", "cw20 transfer, to compare", 0, 0, func(t *testing.T, _ *report) float64 {
		m := open(t, thousand).withHistory()
		return float64(m.send(m.callers[0], m.Execute(m.callers[0], m.token, object{
			"transfer": object{"recipient": m.callers[1].String(), "amount": "1000000"},
		})).Gas)
	}},
	{"w1k_authors_by_payout", "paying the 20 authors of a W1k by one `Payout` behind the batch", 0, 0, func(t *testing.T, _ *report) float64 {
		m := authorsWithPayout(t)
		without := m.settle(m.batch("w1k", wire.Itemised, m.perGroup))
		m = authorsWithPayout(t)
		with := m.settle(m.batch("w1k", wire.Itemised, m.perGroup), m.payout())
		var answer struct{ Sent []object }
		with.Answer(1, &answer)
		require.Len(t, answer.Sent, len(m.authors))
		return float64(with.Gas - without.Gas)
	}},
	{"w1k_authors_by_bank_sends", "paying 20 accounts by a bank message each, in one transaction", 0, 0, func(t *testing.T, _ *report) float64 {
		m := open(t, thousand).withHistory()
		var sends []sdk.Msg
		for _, author := range m.authors {
			sends = append(sends, bankSend(m.submitter, author))
		}
		return float64(m.send(m.submitter, sends...).Gas)
	}},
}

func TestGasIsAsInTheSnapshot(t *testing.T) {
	report := &report{}
	for _, row := range rows {
		value := row.measure(t, report)
		if row.budget > 0 && value > row.budget {
			t.Errorf("%s: %s, over its budget of %s", row.name, number(value), number(row.budget))
		}
		report.add(row, value)
	}
	report.node = node(t)
	t.Log("\n" + report.table())
	t.Log(report.onNode())
	if os.Getenv("HUB_UPDATE") == "1" {
		report.write(t)
	} else {
		report.compare(t)
	}
}

// voucher is the difference between a W1k with a voucher for each session and without.
func voucher(t *testing.T, keyType wire.KeyType) float64 {
	shape := thousand
	shape.voucherKey = &wire.Key{Type: keyType, Seed: hash("vouchers")}
	m := open(t, shape).withHistory()
	without := m.settle(m.batch("w1k", wire.Itemised, m.perGroup))

	m = open(t, shape).withHistory()
	batch := m.batch("w1k", wire.Itemised, m.perGroup)
	vouchers := m.vouchers()
	batch["settle_batch"].(object)["vouchers"] = vouchers
	with := m.settle(batch)
	return per(with.Gas-without.Gas, uint64(len(vouchers)))
}

func bankSend(from, to *chain.Account) sdk.Msg {
	return banktypes.NewMsgSend(from.Address, to.Address, sdk.NewCoins(sdk.NewInt64Coin(usdc, 1_000_000)))
}

// authorsWithPayout is a W1k market whose authors let anyone trigger their payout.
func authorsWithPayout(t *testing.T) *market {
	m := open(t, thousand).withHistory()
	var txs []*chain.Tx
	for _, author := range m.authors {
		txs = append(txs, m.tx(author, m.escrow, object{
			"set_auto_payout": object{"denom": object{"native": usdc}, "on": true},
		}))
	}
	m.Commit(m.clock, txs...)
	return m
}

// payout pays every author what it has.
func (m *market) payout() sdk.Msg {
	var accounts []string
	for _, author := range m.authors {
		accounts = append(accounts, author.String())
	}
	return m.Execute(m.submitter, m.escrow, object{
		"payout": object{"accounts": accounts, "denom": object{"native": usdc}},
	})
}

// per divides, to a tenth.
func per(gas, count uint64) float64 {
	return float64((gas*10+count/2)/count) / 10
}
