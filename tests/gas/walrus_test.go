package gas

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"testing"

	"hub/tests/devnet/chain"
	"hub/tests/devnet/wire"

	"github.com/stretchr/testify/require"
	blst "github.com/supranational/blst/bindings/go"
)

const (
	epoch  = 53
	shards = 1_000
	// What storage nodes sign under.
	walrusDST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
)

// committee is a Walrus committee of nodes with equal weights.
type committee []*blst.SecretKey

func newCommittee(members int) committee {
	var nodes committee
	for i := range members {
		seed := hash(fmt.Sprint("storage node ", i))
		nodes = append(nodes, blst.KeyGen(seed[:]))
	}
	return nodes
}

// set is the message that stores the committee.
func (c committee) set() object {
	var members []object
	for _, node := range c {
		members = append(members, object{
			"key":    new(blst.P1Affine).From(node).Compress(),
			"weight": shards / len(c),
		})
	}
	return object{"set_committee": object{"epoch": epoch, "n_shards": shards, "members": members}}
}

// certify is the message that shows that the nodes store the blob of a model's first release. Two of three nodes sign,
// all over the committee: the least that makes a quorum, and no record of keys can be left out.
func (c committee) certify(model uint64, blob wire.Hash) object {
	message := binary.LittleEndian.AppendUint32([]byte{1, 0, 3}, epoch)
	message = append(append(message, blob[:]...), 0)
	bitmap := make([]byte, (len(c)+7)/8)
	var sum blst.P2Aggregate
	for i, node := range c {
		if i%3 == 2 {
			continue
		}
		bitmap[i/8] |= 1 << (i % 8)
		sum.Add(new(blst.P2Affine).Sign(node, message, []byte(walrusDST)), false)
	}
	return object{"certify": object{
		"model": model, "release": 1, "certificate": object{
			"epoch":     epoch,
			"signers":   base64.StdEncoding.EncodeToString(bitmap),
			"signature": base64.StdEncoding.EncodeToString(sum.ToAffine().Compress()),
		},
	}}
}

// setCommittee stores a committee of so many members.
func setCommittee(t *testing.T, members int) (*market, committee, chain.Result) {
	m := open(t, thousand)
	nodes := newCommittee(members)
	return m, nodes, m.send(m.deployer, m.Execute(m.deployer, m.registry, nodes.set()))
}

// certificate shows that a committee of so many members stores the blob of model 1.
func certificate(t *testing.T, members int) (*market, chain.Result) {
	m, nodes, _ := setCommittee(t, members)
	sender := m.callers[0] // who has sent transactions before
	result := m.send(sender, m.Execute(sender, m.registry, nodes.certify(1, m.blobs[0])))
	var release struct{ Permanent struct{ Epoch uint32 } }
	m.Query(m.registry, object{"release": object{"model": 1, "release": 1}}, &release)
	require.EqualValues(t, epoch, release.Permanent.Epoch)
	return m, result
}
