package chain

import (
	"context"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authsigning "github.com/cosmos/cosmos-sdk/x/auth/signing"
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

// sign encodes the transaction, where the signer has sent so many in the same block before it.
func (t *Tx) sign(config client.TxConfig, ahead uint64) ([]byte, error) {
	builder := config.NewTxBuilder()
	if err := builder.SetMsgs(t.messages...); err != nil {
		return nil, err
	}
	builder.SetGasLimit(GasLimit)
	builder.SetFeeAmount(sdk.NewCoins(sdk.NewInt64Coin(FeeDenom, GasLimit/40)))

	sequence := t.signer.sequence + ahead
	single := &signing.SingleSignatureData{SignMode: signing.SignMode_SIGN_MODE_DIRECT}
	signature := signing.SignatureV2{PubKey: t.signer.key.PubKey(), Data: single, Sequence: sequence}
	// Once without, since what is signed names the signer.
	if err := builder.SetSignatures(signature); err != nil {
		return nil, err
	}
	bytes, err := authsigning.GetSignBytesAdapter(context.Background(), config.SignModeHandler(), single.SignMode,
		authsigning.SignerData{
			Address:       t.signer.String(),
			ChainID:       ID,
			AccountNumber: t.signer.number,
			Sequence:      sequence,
			PubKey:        t.signer.key.PubKey(),
		}, builder.GetTx())
	if err != nil {
		return nil, err
	}
	if single.Signature, err = t.signer.key.Sign(bytes); err != nil {
		return nil, err
	}
	if err := builder.SetSignatures(signature); err != nil {
		return nil, err
	}
	return config.TxEncoder()(builder.GetTx())
}
