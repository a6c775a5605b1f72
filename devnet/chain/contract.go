package chain

import (
	"encoding/json"
	"fmt"
	"time"

	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
)

// Execute is a message to a contract.
func Execute(sender *Account, contract sdk.AccAddress, message any, funds ...sdk.Coin) sdk.Msg {
	return &wasmtypes.MsgExecuteContract{
		Sender: sender.String(), Contract: contract.String(), Msg: mustJSON(message), Funds: funds,
	}
}

// Store stores a contract's code and returns its id.
func (c *Chain) Store(at time.Time, sender *Account, wasm []byte) (uint64, error) {
	var response wasmtypes.MsgStoreCodeResponse
	err := c.send(at, sender, &wasmtypes.MsgStoreCode{Sender: sender.String(), WASMByteCode: wasm}, &response)
	return response.CodeID, err
}

// Instantiate makes a contract without admin and returns its address.
func (c *Chain) Instantiate(at time.Time, sender *Account, code uint64, message any) (sdk.AccAddress, error) {
	var response wasmtypes.MsgInstantiateContractResponse
	err := c.send(at, sender, &wasmtypes.MsgInstantiateContract{
		Sender: sender.String(), CodeID: code, Label: "hub", Msg: mustJSON(message),
	}, &response)
	if err != nil {
		return nil, err
	}
	return sdk.AccAddressFromBech32(response.Address)
}

// send makes a block of one message and decodes the response.
func (c *Chain) send(at time.Time, sender *Account, message sdk.Msg, response proto.Message) error {
	results, err := c.Commit(at, NewTx(sender, message))
	if err != nil {
		return err
	}
	return decode(results[0].Data, 0, response)
}

// ContractData is what a contract answered to the message at an index of the transaction.
func (r Result) ContractData(index int, answer any) error {
	var response wasmtypes.MsgExecuteContractResponse
	if err := decode(r.Data, index, &response); err != nil {
		return err
	}
	return json.Unmarshal(response.Data, answer)
}

func decode(data []byte, index int, response proto.Message) error {
	var all sdk.TxMsgData
	if err := proto.Unmarshal(data, &all); err != nil {
		return err
	}
	if index >= len(all.MsgResponses) {
		return fmt.Errorf("the transaction has %d responses, not %d", len(all.MsgResponses), index+1)
	}
	return proto.Unmarshal(all.MsgResponses[index].Value, response)
}

func mustJSON(value any) []byte {
	bytes, err := json.Marshal(value)
	if err != nil {
		panic(err) // Only of types that have no JSON form.
	}
	return bytes
}
