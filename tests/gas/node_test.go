package gas

import (
	"testing"
	"time"

	"hub/tests/devnet/chain"
	"hub/tests/devnet/wire"
)

// What the end-to-end run repeats on a node, message by message (tests/e2e/src/gas.ts): a change here is one there. Two
// callers with a session each, two models, fifty receipts for each of the four groups; nothing has aged.
var onNode = shape{callers: 2, models: 2, perGroup: 50}

// node measures one single receipt and one batch, each behind one of its kind.
func node(t *testing.T) map[string]float64 {
	m := open(t, onNode)
	m.clock = opening.Add(time.Minute)
	m.settleSingle()
	m.settle(m.nodeBatch())
	return map[string]float64{
		"settle": float64(m.settleSingle().Gas),
		"batch":  float64(m.settle(m.nodeBatch()).Gas),
	}
}

// settleSingle settles a receipt of session 1 for model 1.
func (m *market) settleSingle() chain.Result {
	receipt := m.nodeReceipt(1, 1, wire.Units{In: 1_000, Out: 500})
	bytes, sequence := receipt.Encode(), m.next[1]
	result := m.send(m.submitter, m.Execute(m.submitter, m.billing, object{"settle": object{
		"receipt":   bytes,
		"sequence":  sequence,
		"signature": m.key.Sign(wire.ReceiptDigest(m.tag(wire.ForReceipt), bytes, sequence)),
		"voucher":   nil,
	}}))
	var answer struct{ Outcome string }
	result.Answer(0, &answer)
	if answer.Outcome != "paid" {
		panic("the receipt is " + answer.Outcome)
	}
	m.next[1]++
	return result
}

func (m *market) nodeBatch() object {
	var receipts []wire.Receipt
	for i := range m.callers {
		for _, model := range m.listed(i) {
			for range m.perGroup {
				place := uint64(len(receipts))
				units := wire.Units{In: 50 + place*331%3_950, Out: 20 + place*127%1_480}
				receipts = append(receipts, m.nodeReceipt(uint64(i+1), model, units))
			}
		}
	}
	next := map[uint64]uint64{1: m.next[1], 2: m.next[2]}
	batch, _ := wire.Assemble(wire.Itemised, m.attester, receipts, next)
	bytes := batch.Encode()
	return object{"settle_batch": object{
		"batch":     bytes,
		"signature": m.key.Sign(wire.Digest(m.tag(wire.ForBatch), bytes)),
		"vouchers":  []any{},
	}}
}

func (m *market) nodeReceipt(session, model uint64, units wire.Units) wire.Receipt {
	return wire.Receipt{
		Attester: m.attester, Session: session,
		BlobID: m.blobs[model-1],
		Model:  model, Release: 1, Terms: 1,
		IssuedAt: uint64(m.clock.Unix()),
		Units:    units,

		RequestHash: hash("request"), ResponseHash: hash("response"),
	}
}
