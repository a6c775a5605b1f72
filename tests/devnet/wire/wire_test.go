package wire

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

type vectors struct {
	Varints []struct{ Hex, Value string }
	Batches []struct {
		Name, Hex string
		Batch     struct {
			Attester   string
			IssuedFrom string `json:"issued_from"`
			IssuedTo   string `json:"issued_to"`
			Mode       string
			Root       string `json:"receipts_root_hex"`
			Groups     []struct {
				Session, Model, Release, Terms, From, Span, Sequence string
				Count                                                uint64
				Units                                                [][2]string
				CodeIn                                               codeVector `json:"code_in"`
				CodeOut                                              codeVector `json:"code_out"`
				Total                                                [2]string
			}
		}
	}
	ShortestCodes []struct {
		Name    string
		Units   [][2]string
		CodeIn  codeVector `json:"code_in"`
		CodeOut codeVector `json:"code_out"`
	} `json:"shortest_codes"`
	BuiltBatches []struct {
		Name, Attester, Mode, Hex string

		Lanes    []struct{ Session, Next string }
		Receipts []receiptVector
		Leaves   []string `json:"leaves_in_batch_order_hex"`
	} `json:"built_batches"`
	Receipts []struct {
		Hex     string
		Receipt receiptVector
	}
	Vouchers []struct {
		Hex     string
		Voucher struct{ Session, Ceiling string }
	}
	Possessions []struct {
		Hex        string
		Possession struct {
			Key      string `json:"key_hex"`
			Type     string `json:"key_type"`
			Operator string `json:"operator_hex"`
		}
	}
	MerkleTrees []struct {
		Leaves []string `json:"leaves_hex"`
		Root   string   `json:"root_hex"`
	} `json:"merkle_trees"`
	DomainTags []struct {
		Purpose  Purpose
		ChainID  string `json:"chain_id"`
		Contract string `json:"contract_hex"`
		Tag      string `json:"tag_hex"`
	} `json:"domain_tags"`
	Digests []struct {
		Purpose  Purpose
		ChainID  string `json:"chain_id"`
		Contract string `json:"contract_hex"`
		Bytes    string `json:"bytes_hex"`
		Sequence string
		Digest   string `json:"digest_hex"`
	}
	Signatures []struct {
		Name      string
		Type      string `json:"key_type"`
		Seed      string `json:"seed_hex"`
		Public    string `json:"public_key_hex"`
		Digest    string `json:"digest_hex"`
		Signature string `json:"signature_hex"`
	}
}

type codeVector struct {
	K    uint
	Base string
}

func (v codeVector) code() Code { return Code{v.K, number(v.Base)} }

type receiptVector struct {
	Attester, Session, Model, Release, Terms string
	BlobID                                   string `json:"blob_id"`
	RequestID                                string `json:"request_id_hex"`
	IssuedAt                                 string `json:"issued_at"`
	Units                                    [2]string
	RequestHash                              string `json:"request_hash_hex"`
	ResponseHash                             string `json:"response_hash_hex"`
}

func (v receiptVector) receipt() Receipt {
	blob, err := base64.RawURLEncoding.DecodeString(v.BlobID)
	if err != nil {
		panic(err)
	}
	return Receipt{
		Attester: number(v.Attester), Session: number(v.Session),
		BlobID: Hash(blob),
		Model:  number(v.Model), Release: number(v.Release), Terms: number(v.Terms),
		RequestID: [16]byte(bytes(v.RequestID)),
		IssuedAt:  number(v.IssuedAt),
		Units:     units(v.Units),

		RequestHash: Hash(bytes(v.RequestHash)), ResponseHash: Hash(bytes(v.ResponseHash)),
	}
}

func TestEveryVectorIsWrittenByteForByte(t *testing.T) {
	file, err := os.ReadFile("../../vectors/wire.json")
	require.NoError(t, err)
	var all vectors
	require.NoError(t, json.Unmarshal(file, &all))

	for _, v := range all.Varints {
		value, ok := new(big.Int).SetString(v.Value, 10)
		require.True(t, ok)
		// A voucher for session 1 is the voucher's integer behind two bytes.
		require.Equal(t, "0101"+v.Hex, hex.EncodeToString(Voucher(1, value)), v.Value)
		if value.IsUint64() {
			require.Equal(t, v.Hex, hex.EncodeToString(uvarint(nil, value.Uint64())), v.Value)
		}
	}
	for _, v := range all.Batches {
		batch := Batch{
			Mode:     mode(v.Batch.Mode),
			Attester: number(v.Batch.Attester), IssuedFrom: number(v.Batch.IssuedFrom), IssuedTo: number(v.Batch.IssuedTo),
			Root: Hash(bytes(v.Batch.Root)),
		}
		for _, g := range v.Batch.Groups {
			group := Group{
				Session: number(g.Session), Model: number(g.Model), Release: number(g.Release), Terms: number(g.Terms),
				From: number(g.From), Span: number(g.Span), Sequence: number(g.Sequence),
				Count: g.Count,
			}
			if batch.Mode == Netted {
				group.Units = []Units{units(g.Total)}
			} else {
				group.Count = uint64(len(g.Units))
				group.Units = list(g.Units)
				group.Codes = &[2]Code{g.CodeIn.code(), g.CodeOut.code()}
			}
			batch.Groups = append(batch.Groups, group)
		}
		require.Equal(t, v.Hex, hex.EncodeToString(batch.Encode()), v.Name)
	}
	require.NotEmpty(t, all.ShortestCodes)
	for _, v := range all.ShortestCodes {
		require.Equal(t, &[2]Code{v.CodeIn.code(), v.CodeOut.code()}, shortestCodes(list(v.Units)), v.Name)
	}
	for _, v := range all.Receipts {
		receipt := v.Receipt.receipt()
		require.Equal(t, v.Hex, hex.EncodeToString(receipt.Encode()))
	}
	for _, v := range all.BuiltBatches {
		next := map[uint64]uint64{}
		for _, lane := range v.Lanes {
			next[number(lane.Session)] = number(lane.Next)
		}
		var receipts []Receipt
		for _, receipt := range v.Receipts {
			receipts = append(receipts, receipt.receipt())
		}
		batch, sorted := Assemble(mode(v.Mode), number(v.Attester), receipts, next)
		require.Equal(t, v.Hex, hex.EncodeToString(batch.Encode()), v.Name)
		for i, leaf := range v.Leaves {
			require.Equal(t, leaf, hex.EncodeToString(sorted[i].Encode()), v.Name)
		}
	}
	for _, v := range all.Vouchers {
		ceiling, _ := new(big.Int).SetString(v.Voucher.Ceiling, 10)
		require.Equal(t, v.Hex, hex.EncodeToString(Voucher(number(v.Voucher.Session), ceiling)))
	}
	for _, v := range all.Possessions {
		p := v.Possession
		require.Equal(t, v.Hex, hex.EncodeToString(Possession(keyType(p.Type), bytes(p.Key), bytes(p.Operator))))
	}
	for _, v := range all.MerkleTrees {
		var leaves [][]byte
		for _, leaf := range v.Leaves {
			leaves = append(leaves, bytes(leaf))
		}
		require.Equal(t, Hash(bytes(v.Root)), Root(leaves))
	}
	for _, v := range all.DomainTags {
		require.Equal(t, Hash(bytes(v.Tag)), Tag(v.Purpose, v.ChainID, bytes(v.Contract)))
	}
	for _, v := range all.Digests {
		tag := Tag(v.Purpose, v.ChainID, bytes(v.Contract))
		digest := Digest(tag, bytes(v.Bytes))
		if v.Purpose == ForReceipt {
			digest = ReceiptDigest(tag, bytes(v.Bytes), number(v.Sequence))
		}
		require.Equal(t, Hash(bytes(v.Digest)), digest)
	}
	for _, v := range all.Signatures {
		key := Key{keyType(v.Type), Hash(bytes(v.Seed))}
		require.Equal(t, v.Public, hex.EncodeToString(key.Public()), v.Name)
		require.Equal(t, v.Signature, hex.EncodeToString(key.Sign(Hash(bytes(v.Digest)))), v.Name)
	}
}

func number(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func bytes(text string) []byte {
	value, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return value
}

func units(pair [2]string) Units { return Units{number(pair[0]), number(pair[1])} }

func list(pairs [][2]string) (all []Units) {
	for _, pair := range pairs {
		all = append(all, units(pair))
	}
	return all
}

func mode(name string) Mode {
	if name == "netted" {
		return Netted
	}
	return Itemised
}

func keyType(name string) KeyType {
	if name == "ed25519" {
		return Ed25519
	}
	return Secp256k1
}
