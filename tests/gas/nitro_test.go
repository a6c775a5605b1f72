package gas

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"hub/tests/devnet/wire"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"
)

// solo is a market of one caller: what an attester's registration costs does not depend on the others.
var solo = shape{callers: 1, models: modelsPerSession, perGroup: 1}

// attestation is what the generator of Nitro documents prints.
type attestation struct {
	Root     string `json:"root_sha256"`
	Document string
	Digest   string
}

// attest runs the generator. The same arguments give the same bytes.
func attest(t *testing.T, arguments ...string) attestation {
	tool := os.Getenv("HUB_NITRO_DOCUMENT")
	if tool == "" {
		tool = "../../target/debug/nitro-document"
	}
	output, err := exec.Command(tool, arguments...).Output()
	require.NoError(t, err)
	var made attestation
	require.NoError(t, json.Unmarshal(output, &made))
	return made
}

// nitroRoot is the root that the verifier trusts. It does not depend on key and time.
func nitroRoot(t *testing.T) string {
	return attest(t, "--key", "00", "--time", fmt.Sprint(opening.Unix())).Root
}

// registration is the message that registers a new key with a document of now, of an enclave that the arguments place.
func (m *market) registration(t *testing.T, seed string, place ...string) sdk.Msg {
	key := wire.Key{Type: wire.Secp256k1, Seed: hash(seed)}
	made := attest(t, append([]string{
		"--key", hex.EncodeToString(key.Public()),
		"--time", fmt.Sprint(m.clock.Unix()),
	}, place...)...)
	document, err := hex.DecodeString(made.Document)
	require.NoError(t, err)
	possession := wire.Possession(key.Type, key.Public(), m.operator.Address)
	return m.Execute(m.operator, m.billing, object{"register_attester": object{
		"key":        key.Public(),
		"key_type":   key.Type.Name(),
		"possession": key.Sign(wire.Digest(m.tag(wire.ForAttester), possession)),
		"evidence":   object{"verifier": m.verifier.String(), "evidence": document},
	}})
}

// registering is the gas of a registration by way of a verifier that has seen what the first arguments place, if there are any.
func registering(name string, before, place []string) func(*testing.T, *report) float64 {
	return func(t *testing.T, r *report) float64 {
		m := open(t, solo)
		if before != nil {
			m.send(m.operator, m.registration(t, "before", before...))
		}
		return r.profile(name, m, m.send(m.operator, m.registration(t, "attester in an enclave", place...)), 1)
	}
}
