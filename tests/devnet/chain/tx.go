package chain

import (
	"context"
	"testing"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
	"github.com/stretchr/testify/require"
)

// Account signs transactions.
type Account struct {
	Address sdk.AccAddress

	key              *secp256k1.PrivKey
	number, sequence uint64
}

// NewAccount is the account of this name: the same every time.
func NewAccount(name string) *Account {
	key := &secp256k1.PrivKey{Key: seed(name)}
	return &Account{Address: sdk.AccAddress(key.PubKey().Address()), key: key}
}

func (a *Account) String() string { return a.Address.String() }

// Tx is a transaction of one signer.
type Tx struct {
	signer   *Account
	messages []sdk.Msg
}

// NewTx carries messages; it is signed when it goes into a block.
func NewTx(signer *Account, messages ...sdk.Msg) *Tx {
	return &Tx{signer, messages}
}

// sign encodes the transaction as the signer's next.
func (t *Tx) sign(tb testing.TB, config client.TxConfig) []byte {
	builder := config.NewTxBuilder()
	require.NoError(tb, builder.SetMsgs(t.messages...))
	builder.SetGasLimit(GasLimit)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(FeeDenom, GasLimit/40)))

	sequence := t.signer.sequence
	t.signer.sequence++
	single := &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}
	signature := signing.SignatureV2{PubKey: t.signer.key.PubKey(), Data: single, Sequence: sequence}
	// Once without, since what is signed names the signer.
	require.NoError(tb, builder.SetSignatures(signature))
	bytes, err := authsigning.GetSignBytesAdapter(context.Background(), config.SignModeHandler(), single.SignMode,
		authsigning.SignerData{
			Address:       t.signer.String(),
			ChainID:       ID,
			AccountNumber: t.signer.number,
			Sequence:      sequence,
			PubKey:        t.signer.key.PubKey(),
		}, builder.GetTx())
	require.NoError(tb, err)
	single.Signature, err = t.signer.key.Sign(bytes)
	require.NoError(tb, err)
	require.NoError(tb, builder.SetSignatures(signature))
	encoded, err := config.TxEncoder()(builder.GetTx())
	require.NoError(tb, err)
	return encoded
}
