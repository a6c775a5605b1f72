// Package wire writes and signs the Hub's wire format as tests/vectors/wire.json has it: batches of version 2, all else
// of version 1.
//
// It shares no code with packages/hub-wire and only writes: what it encodes, the contracts decode.
package wire

import (
	"encoding/binary"
	"math/big"
	"slices"
)

const (
	version      = 0x01
	batchVersion = 0x02
)

// Mode says how a batch states units.
type Mode byte

// The modes: receipt by receipt, or in sum per group.
const (
	Itemised Mode = 0x00
	Netted   Mode = 0x01
)

// Units are what a price counts beside the call itself.
type Units struct{ In, Out uint64 }

// Batch is many receipts under one signature.
type Batch struct {
	Mode                 Mode
	Attester             uint64
	IssuedFrom, IssuedTo uint64
	Root                 Hash
	Groups               []Group
}

// Group is a session's receipts for one model, release and terms.
type Group struct {
	Session, Model, Release, Terms uint64
	// Seconds from the batch's IssuedFrom to the oldest receipt, and from that to the newest.
	From, Span uint64
	// Number of the first receipt; written for a session's first group only.
	Sequence uint64
	// Receipts, netted or not.
	Count uint64
	// Itemised: one for each receipt. Netted: one, the sum.
	Units []Units
	// Codes of input and output units, itemised; none for the shortest.
	Codes *[2]Code
}

// Encode returns the canonical bytes. The groups must be in order.
func (b *Batch) Encode() []byte {
	out := []byte{batchVersion, byte(b.Mode)}
	out = uvarint(out, b.Attester, b.IssuedFrom, b.IssuedTo)
	out = append(out, b.Root[:]...)
	out = uvarint(out, uint64(len(b.Groups)))
	before := uint64(0)
	for _, g := range b.Groups {
		delta := g.Session - before
		before = g.Session
		out = uvarint(out, delta, g.Model, g.Release, g.Terms, g.From, g.Span)
		if delta != 0 {
			out = uvarint(out, g.Sequence)
		}
		out = uvarint(out, g.Count)
		if b.Mode == Netted {
			out = uvarint(out, g.Units[0].In, g.Units[0].Out)
			continue
		}
		codes := g.Codes
		if codes == nil {
			codes = shortestCodes(g.Units)
		}
		out = appendItems(out, codes[0], codes[1], g.Units)
	}
	return out
}

// Receipt states that one inference ran.
type Receipt struct {
	Attester, Session         uint64
	BlobID                    Hash
	Model, Release, Terms     uint64
	RequestID                 [16]byte
	IssuedAt                  uint64
	Units                     Units
	RequestHash, ResponseHash Hash
}

// Encode returns the canonical bytes: what a single receipt is sent as, and the leaf of a batch's tree.
func (r *Receipt) Encode() []byte {
	out := uvarint([]byte{version}, r.Attester, r.Session)
	out = append(out, r.BlobID[:]...)
	out = uvarint(out, r.Model, r.Release, r.Terms)
	out = append(out, r.RequestID[:]...)
	out = uvarint(out, r.IssuedAt, r.Units.In, r.Units.Out)
	out = append(out, r.RequestHash[:]...)
	return append(out, r.ResponseHash[:]...)
}

// Assemble makes a batch of receipts, of which every session's next number is given. The receipts come back in the
// order of the batch.
func Assemble(mode Mode, attester uint64, receipts []Receipt, next map[uint64]uint64) (*Batch, []Receipt) {
	sorted := slices.Clone(receipts)
	key := func(r Receipt) []uint64 { return []uint64{r.Session, r.Model, r.Release, r.Terms} }
	slices.SortStableFunc(sorted, func(a, b Receipt) int { return slices.Compare(key(a), key(b)) })

	byTime := func(a, b Receipt) int { return int(a.IssuedAt) - int(b.IssuedAt) }
	batch := &Batch{
		Mode:       mode,
		Attester:   attester,
		IssuedFrom: slices.MinFunc(sorted, byTime).IssuedAt,
		IssuedTo:   slices.MaxFunc(sorted, byTime).IssuedAt,
	}
	var leaves [][]byte
	for rest := sorted; len(rest) > 0; {
		first := rest[0]
		end := slices.IndexFunc(rest, func(r Receipt) bool { return !slices.Equal(key(r), key(first)) })
		if end < 0 {
			end = len(rest)
		}
		members := rest[:end]
		rest = rest[end:]

		oldest := slices.MinFunc(members, byTime).IssuedAt
		group := Group{
			Session: first.Session, Model: first.Model, Release: first.Release, Terms: first.Terms,
			From:     oldest - batch.IssuedFrom,
			Span:     slices.MaxFunc(members, byTime).IssuedAt - oldest,
			Sequence: next[first.Session],
			Count:    uint64(len(members)),
		}
		var sum Units
		for i := range members {
			group.Units = append(group.Units, members[i].Units)
			sum.In += members[i].Units.In
			sum.Out += members[i].Units.Out
			leaves = append(leaves, members[i].Encode())
		}
		if mode == Netted {
			group.Units = []Units{sum}
		}
		next[first.Session] += group.Count
		batch.Groups = append(batch.Groups, group)
	}
	batch.Root = Root(leaves)
	return batch, sorted
}

// Voucher returns a caller's ceiling on what may be charged to a session, in canonical bytes.
func Voucher(session uint64, ceiling *big.Int) []byte {
	out := uvarint([]byte{version}, session)
	for rest := new(big.Int).Set(ceiling); ; {
		low := byte(rest.Uint64() & 0x7f)
		rest.Rsh(rest, 7)
		if rest.Sign() == 0 {
			return append(out, low)
		}
		out = append(out, low|0x80)
	}
}

// Possession returns what a key signs so that an operator (canonical address) may register it.
func Possession(keyType KeyType, key, operator []byte) []byte {
	return prefixed(prefixed([]byte{version, byte(keyType)}, key), operator)
}

// uvarint appends integers as unsigned LEB128 in shortest form.
func uvarint(out []byte, values ...uint64) []byte {
	for _, value := range values {
		out = binary.AppendUvarint(out, value)
	}
	return out
}

// prefixed appends bytes behind their length.
func prefixed(out, bytes []byte) []byte {
	return append(uvarint(out, uint64(len(bytes))), bytes...)
}
