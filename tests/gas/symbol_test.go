package gas

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"testing"

	"hub/tests/devnet/wire"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/blake2b"
)

// depth of a Merkle tree over the slivers of a thousand shards.
const depth = 10

// blobOf is the blob of so many bytes to which a symbol and hashes beside its ways lead: row 1, column 2. Any hashes lead to some blob.
func blobOf(size uint64, symbol []byte, row, pair []wire.Hash, column wire.Hash) wire.Hash {
	climb := func(hash wire.Hash, place int, path []wire.Hash) wire.Hash {
		for _, beside := range path {
			left, right := hash, beside
			if place&1 == 1 {
				left, right = beside, hash
			}
			hash = blake2b.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
			place >>= 1
		}
		return hash
	}
	rowRoot := climb(blake2b.Sum256(append([]byte{0}, symbol...)), 2, row)
	root := climb(blake2b.Sum256(append(append([]byte{0}, rowRoot[:]...), column[:]...)), 1, pair)
	return blake2b.Sum256(append(binary.LittleEndian.AppendUint64([]byte{1}, size), root[:]...))
}

// verifySymbol is what a node computes for the query that shows a symbol to lie in a release's blob of so many bytes.
func verifySymbol(t *testing.T, size uint64, symbolSize int) float64 {
	path := func(name string) (hashes []wire.Hash, hexes []string) {
		for level := range depth {
			beside := hash(fmt.Sprint(name, level))
			hashes, hexes = append(hashes, beside), append(hexes, hex.EncodeToString(beside[:]))
		}
		return hashes, hexes
	}
	symbol := make([]byte, symbolSize)
	for i := range symbol {
		symbol[i] = byte(i * 131 >> 3)
	}
	row, rowPath := path("row")
	pair, pairPath := path("pair")
	column := hash("column")
	blob := blobOf(size, symbol, row, pair, column)

	m := open(t, onNode)
	author := m.authors[0]
	m.send(author, m.Execute(author, m.registry, object{"publish_release": object{
		"model":   1,
		"release": object{"major": 2, "minor": 0, "blob_id": base64.RawURLEncoding.EncodeToString(blob[:])},
	}}))
	var answer struct {
		Bytes struct{ Offset, Length string }
	}
	gas := m.QueryGas(m.registry, object{"verify_symbol": object{
		"model": 1, "release": 2, "size": fmt.Sprint(size), "symbol": symbol,
		"proof": object{
			"row": 1, "column": 2, "row_path": rowPath, "pair_path": pairPath, "paired_column_root": hex.EncodeToString(column[:]),
		},
	}}, &answer)
	require.Equal(t, fmt.Sprint((667+2)*symbolSize), answer.Bytes.Offset)
	require.Equal(t, fmt.Sprint(symbolSize), answer.Bytes.Length)
	return float64(gas)
}
