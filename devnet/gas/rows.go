package main

import (
	"os"

	"hub/devnet/chain"
	"hub/devnet/wire"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
)

// measure runs every workload.
func measure(artifacts, cw20 string) (*report, error) {
	out := &report{}
	for _, part := range []func(*report, func(shape, *profile) (*market, error)) error{measureThousand, measureTenThousand} {
		home, err := os.MkdirTemp("", "hub-gas-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(home)
		err = part(out, func(shape shape, profile *profile) (*market, error) {
			return open(home, artifacts, cw20, shape, profile)
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// measureThousand measures what happens on a Hub of 50 sessions and 20 models, with batches of 1 000 receipts.
func measureThousand(report *report, open func(shape, *profile) (*market, error)) error {
	const perGroup = 10
	profile := &profile{}
	m, err := open(shape{callers: 50, models: 20, voucherKeys: voucherKeys}, profile)
	if err != nil {
		return err
	}
	batch := func(label string) delivery { return m.deliver(label, wire.Itemised, 1, perGroup) }

	// The payers are known from the week before.
	m.clock = lastWeek
	if err := m.settle(batch("last week")); err != nil {
		return err
	}
	m.clock = firstOfWeek
	first := batch("first of week")
	result, err := m.try(first)
	if err != nil {
		return err
	}
	report.add("w1k_first_of_week_per_receipt", per(result.Gas, first.receipts))
	if err := m.settle(first); err != nil {
		return err
	}

	m.clock = laterOnDay
	w1k := batch("w1k")
	profile.calls = nil
	whole, err := m.try(w1k)
	if err != nil {
		return err
	}
	report.add("w1k_per_receipt", per(whole.Gas, w1k.receipts))
	report.profile("W1k", w1k.receipts, whole, profile.lines(m, whole.Gas, whole.Bytes))

	profile.calls = nil
	single, err := m.send(m.submitter, m.single())
	if err != nil {
		return err
	}
	report.add("settle", float64(single.Gas))
	report.profile("`Settle`", 1, single, profile.lines(m, single.Gas, single.Bytes))

	if err := measurePaying(report, m, w1k, whole); err != nil {
		return err
	}
	return measureVouchers(report, m, perGroup)
}

// measurePaying measures the ways of money that is not settled: the bank, a token, and the authors of a W1k.
func measurePaying(report *report, m *market, w1k delivery, whole chain.Result) error {
	from, to := m.callers[0], m.callers[1]
	bank := func(from, to *chain.Account) sdk.Msg {
		return banktypes.NewMsgSend(from.Address, to.Address, sdk.NewCoins(sdk.NewInt64Coin(usdc, 1_000_000)))
	}
	result, err := m.send(from, bank(from, to))
	if err != nil {
		return err
	}
	report.add("bank_send", float64(result.Gas))
	result, err = m.send(from, chain.Execute(from, m.token, object{
		"transfer": object{"recipient": to.String(), "amount": "1000000"},
	}))
	if err != nil {
		return err
	}
	report.add("cw20_transfer", float64(result.Gas))

	// Every author by a message of the submitter's.
	var sends []sdk.Msg
	var accounts []string
	var opting []*chain.Tx
	for _, author := range m.authors {
		sends = append(sends, bank(m.submitter, author))
		accounts = append(accounts, author.String())
		opting = append(opting, chain.NewTx(author, chain.Execute(author, m.escrow, object{
			"set_auto_payout": object{"denom": object{"native": usdc}, "on": true},
		})))
	}
	result, err = m.send(m.submitter, sends...)
	if err != nil {
		return err
	}
	report.add("w1k_authors_by_bank_sends", float64(result.Gas))

	// Every author by the escrow, behind the batch.
	if _, err := m.Commit(m.clock, opting...); err != nil {
		return err
	}
	result, err = m.try(w1k, chain.Execute(m.submitter, m.escrow, object{
		"payout": object{"accounts": accounts, "denom": object{"native": usdc}},
	}))
	if err != nil {
		return err
	}
	report.add("w1k_authors_by_payout", float64(result.Gas-whole.Gas))
	return nil
}

// voucherKeys sign for the callers, in the sessions behind their first ones.
var voucherKeys = []wire.Key{
	{Type: wire.Secp256k1, Seed: hash("vouchers")},
	{Type: wire.Ed25519, Seed: hash("vouchers")},
}

// measureVouchers measures what a voucher adds to a batch, for each kind of key.
func measureVouchers(report *report, m *market, perGroup int) error {
	for i, row := range []string{"voucher", "voucher_ed25519"} {
		first := (i+1)*len(m.callers) + 1
		if err := m.settle(m.deliver("before", wire.Itemised, first, perGroup)); err != nil {
			return err
		}
		batch := m.deliver("vouchers", wire.Itemised, first, perGroup)
		without, err := m.try(batch)
		if err != nil {
			return err
		}
		vouchers := m.vouchers(voucherKeys[i], first)
		batch.message["vouchers"] = vouchers
		with, err := m.try(batch)
		if err != nil {
			return err
		}
		report.add(row, per(with.Gas-without.Gas, len(vouchers)))
	}
	return nil
}

// measureTenThousand measures what happens on a Hub of 100 sessions and 40 models, with batches of 10 000 receipts.
func measureTenThousand(report *report, open func(shape, *profile) (*market, error)) error {
	const perGroup = 50
	profile := &profile{}
	m, err := open(shape{callers: 100, models: 40}, profile)
	if err != nil {
		return err
	}
	m.clock = firstOfWeek
	if err := m.settle(m.deliver("first of week", wire.Itemised, 1, perGroup)); err != nil {
		return err
	}
	m.clock = laterOnDay
	itemised := m.deliver("w10k", wire.Itemised, 1, perGroup)
	result, err := m.try(itemised)
	if err != nil {
		return err
	}
	report.add("w10k_per_receipt", per(result.Gas, itemised.receipts))

	longer := m.deliver("w10k", wire.Itemised, 1, perGroup+5)
	more, err := m.try(longer)
	if err != nil {
		return err
	}
	report.add("marginal_receipt", per(more.Gas-result.Gas, longer.receipts-itemised.receipts))

	netted := m.deliver("w10k", wire.Netted, 1, perGroup)
	profile.calls = nil
	result, err = m.try(netted)
	if err != nil {
		return err
	}
	report.add("w10k_netted_per_receipt", per(result.Gas, netted.receipts))
	report.profile("W10k netted", netted.receipts, result, profile.lines(m, result.Gas, result.Bytes))
	return nil
}

// per divides, to a tenth.
func per(gas uint64, count int) float64 {
	return float64((gas*10+uint64(count)/2)/uint64(count)) / 10
}
