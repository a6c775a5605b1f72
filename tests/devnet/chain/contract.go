package chain

import (
	"encoding/json"
	"testing"
	"time"

	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"
)

// Execute is a message to a contract.
func (c *Chain) Execute(sender *Account, contract sdk.AccAddress, message any, funds ...sdk.Coin) sdk.Msg {
	return &wasmtypes.MsgExecuteContract{
		Sender: sender.String(), Contract: contract.String(), Msg: toJSON(c.t, message), Funds: funds,
	}
}

// Store stores a contract's code and returns its id.
func (c *Chain) Store(at time.Time, sender *Account, wasm []byte) uint64 {
	var response wasmtypes.MsgStoreCodeResponse
	message := &wasmtypes.MsgStoreCode{Sender: sender.String(), WASMByteCode: wasm}
	c.Commit(at, NewTx(sender, message))[0].decode(0, &response)
	return response.CodeID
}

// Instantiate makes a contract without admin and returns its address.
func (c *Chain) Instantiate(at time.Time, sender *Account, code uint64, message any) sdk.AccAddress {
	var response wasmtypes.MsgInstantiateContractResponse
	c.Commit(at, NewTx(sender, &wasmtypes.MsgInstantiateContract{
		Sender: sender.String(), CodeID: code, Label: "hub", Msg: toJSON(c.t, message),
	}))[0].decode(0, &response)
	address, err := sdk.AccAddressFromBech32(response.Address)
	require.NoError(c.t, err)
	return address
}

// Answer is what a contract answered to the message at an index of the transaction.
func (r Result) Answer(index int, answer any) {
	r.t.Helper()
	var response wasmtypes.MsgExecuteContractResponse
	r.decode(index, &response)
	require.NoError(r.t, json.Unmarshal(response.Data, answer))
}

func (r Result) decode(index int, response proto.Message) {
	r.t.Helper()
	var all sdk.TxMsgData
	require.NoError(r.t, proto.Unmarshal(r.data, &all))
	require.Less(r.t, index, len(all.MsgResponses))
	require.NoError(r.t, proto.Unmarshal(all.MsgResponses[index].Value, response))
}

func toJSON(t testing.TB, value any) []byte {
	bytes, err := json.Marshal(value)
	require.NoError(t, err)
	return bytes
}
