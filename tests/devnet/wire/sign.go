package wire

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"
)

// Hash is a sha256.
type Hash = [32]byte

// Purpose is what a signature is for.
type Purpose string

// The purposes that billing knows.
const (
	ForBatch    Purpose = "batch"
	ForReceipt  Purpose = "receipt"
	ForVoucher  Purpose = "voucher"
	ForAttester Purpose = "attester"
)

// Tag binds a digest to a purpose, a chain and a contract (canonical address).
func Tag(purpose Purpose, chainID string, contract []byte) Hash {
	return sha256.Sum256(prefixed(prefixed([]byte("hub/"+string(purpose)+"/v1"), []byte(chainID)), contract))
}

// Digest is what is signed for a batch, a voucher or a possession.
func Digest(tag Hash, bytes []byte) Hash {
	inner := sha256.Sum256(bytes)
	return sha256.Sum256(append(tag[:], inner[:]...))
}

// ReceiptDigest is what is signed for a single receipt at a place in its lane.
func ReceiptDigest(tag Hash, receipt []byte, sequence uint64) Hash {
	inner := sha256.Sum256(receipt)
	return sha256.Sum256(binary.BigEndian.AppendUint64(append(tag[:], inner[:]...), sequence))
}

// Root is the Merkle tree hash of RFC 6962 over the leaves.
func Root(leaves [][]byte) Hash {
	switch n := len(leaves); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0x00}, leaves[0]...))
	default:
		// The largest power of two below n.
		split := 1 << (bits.Len(uint(n-1)) - 1)
		left, right := Root(leaves[:split]), Root(leaves[split:])
		return sha256.Sum256(append(append([]byte{0x01}, left[:]...), right[:]...))
	}
}

// KeyType is a kind of signing key.
type KeyType byte

// The kinds, as the wire has them.
const (
	Secp256k1 KeyType = 0x00
	Ed25519   KeyType = 0x01
)

// Name is what messages call the kind.
func (t KeyType) Name() string {
	if t == Ed25519 {
		return "ed25519"
	}
	return "secp256k1"
}

// Key signs for an attester or a caller.
type Key struct {
	Type KeyType
	Seed [32]byte
}

// Public returns the key as billing registers it.
func (k Key) Public() []byte {
	if k.Type == Ed25519 {
		return ed25519.NewKeyFromSeed(k.Seed[:]).Public().(ed25519.PublicKey)
	}
	return secp256k1.PrivKeyFromBytes(k.Seed[:]).PubKey().SerializeCompressed()
}

// Sign returns 64 bytes: ed25519 over the digest, or r and s (low) of ECDSA.
func (k Key) Sign(digest Hash) []byte {
	if k.Type == Ed25519 {
		return ed25519.Sign(ed25519.NewKeyFromSeed(k.Seed[:]), digest[:])
	}
	// The first byte serves the recovery of the public key.
	return ecdsa.SignCompact(secp256k1.PrivKeyFromBytes(k.Seed[:]), digest[:], true)[1:]
}
