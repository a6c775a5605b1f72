// Package chain runs wasmd's own application in this process: default parameters, signed transactions through the
// ante handler, fees paid, and block times as the caller likes them. Nothing in it depends on the clock or on chance.
package chain

import (
	"crypto/sha256"
	"encoding/json"
	"testing"
	"time"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"
	wasmapp "github.com/CosmWasm/wasmd/app"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	"github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/stretchr/testify/require"
)

const (
	// ID is the chain id.
	ID = "hub-gas-1"
	// FeeDenom is what fees are paid in, and what is staked.
	FeeDenom = "stake"
	// GasLimit of every transaction; the fee is a fortieth of it.
	GasLimit = 20_000_000
)

// Chain is a chain of one validator.
type Chain struct {
	t      testing.TB
	app    *wasmapp.WasmApp
	height int64
}

// Result is what became of a transaction.
type Result struct {
	t testing.TB

	Gas   uint64
	Bytes int
	data  []byte
}

// New starts a chain whose genesis gives the accounts these coins each.
func New(t testing.TB, genesisTime time.Time, accounts []*Account, coins sdk.Coins, options ...wasmkeeper.Option) *Chain {
	// As the program of the node does.
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(wasmapp.Bech32PrefixAccAddr, wasmapp.Bech32PrefixAccPub)
	config.SetBech32PrefixForValidator(wasmapp.Bech32PrefixValAddr, wasmapp.Bech32PrefixValPub)

	appOptions := sims.AppOptionsMap{flags.FlagHome: t.TempDir()}
	app := wasmapp.NewWasmApp(log.NewNopLogger(), dbm.NewMemDB(), true, appOptions, options, baseapp.SetChainID(ID))
	genesis := app.DefaultGenesis()

	var (
		accs     []authtypes.GenesisAccount
		balances []banktypes.Balance
		supply   sdk.Coins
	)
	for i, account := range accounts {
		account.number = uint64(i)
		accs = append(accs, authtypes.NewBaseAccount(account.Address, nil, account.number, 0))
		balances = append(balances, banktypes.Balance{Address: account.String(), Coins: coins})
		supply = supply.Add(coins...)
	}
	bonded := sdk.DefaultPowerReduction
	balances = append(balances, banktypes.Balance{
		Address: authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String(),
		Coins:   sdk.NewCoins(sdk.NewCoin(FeeDenom, bonded)),
	})
	supply = supply.Add(sdk.NewCoin(FeeDenom, bonded))

	key, err := codectypes.NewAnyWithValue(ed25519.GenPrivKeyFromSecret([]byte("validator")).PubKey())
	require.NoError(t, err)
	operator := accounts[0].Address
	validator := stakingtypes.Validator{
		OperatorAddress: sdk.ValAddress(operator).String(),
		ConsensusPubkey: key,
		Status:          stakingtypes.Bonded,
		Tokens:          bonded,
		DelegatorShares: math.LegacyOneDec(),
		Commission:      stakingtypes.NewCommission(math.LegacyZeroDec(), math.LegacyZeroDec(), math.LegacyZeroDec()),

		MinSelfDelegation: math.ZeroInt(),
	}
	delegation := stakingtypes.NewDelegation(operator.String(), validator.OperatorAddress, math.LegacyOneDec())

	codec := app.AppCodec()
	genesis[authtypes.ModuleName] = codec.MustMarshalJSON(authtypes.NewGenesisState(authtypes.DefaultParams(), accs))
	genesis[banktypes.ModuleName] = codec.MustMarshalJSON(banktypes.NewGenesisState(
		banktypes.DefaultParams(), balances, supply, nil, nil))
	genesis[stakingtypes.ModuleName] = codec.MustMarshalJSON(stakingtypes.NewGenesisState(
		stakingtypes.DefaultParams(), []stakingtypes.Validator{validator}, []stakingtypes.Delegation{delegation}))
	state, err := json.Marshal(genesis)
	require.NoError(t, err)

	params := *sims.DefaultConsensusParams
	params.Block = &cmtproto.BlockParams{MaxBytes: 22_020_096, MaxGas: -1}
	_, err = app.InitChain(&abci.RequestInitChain{
		ChainId:         ID,
		Time:            genesisTime,
		ConsensusParams: &params,
		AppStateBytes:   state,
		InitialHeight:   1,
	})
	require.NoError(t, err)
	chain := &Chain{t: t, app: app}
	chain.Commit(genesisTime)
	return chain
}

// Commit makes a block at a time of transactions, which must all succeed.
func (c *Chain) Commit(at time.Time, txs ...*Tx) []Result {
	c.t.Helper()
	c.height++
	var raw [][]byte
	for _, tx := range txs {
		raw = append(raw, tx.sign(c.t, c.app.TxConfig()))
	}
	block, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{Height: c.height, Time: at, Txs: raw})
	require.NoError(c.t, err)
	_, err = c.app.Commit()
	require.NoError(c.t, err)
	var results []Result
	for i, result := range block.TxResults {
		require.Zero(c.t, result.Code, "transaction %d of block %d failed: %s", i, c.height, result.Log)
		results = append(results, Result{c.t, uint64(result.GasUsed), len(raw[i]), result.Data})
	}
	return results
}

// Query asks a contract.
func (c *Chain) Query(contract sdk.AccAddress, question, answer any) {
	c.t.Helper()
	c.QueryGas(contract, question, answer)
}

// QueryGas asks a contract, and returns the gas that it takes: nobody pays for it, and a node refuses what takes more than its
// limit, by default 3 000 000.
func (c *Chain) QueryGas(contract sdk.AccAddress, question, answer any) uint64 {
	c.t.Helper()
	ctx, err := c.app.CreateQueryContext(c.height, false)
	require.NoError(c.t, err)
	before := ctx.GasMeter().GasConsumed()
	reply, err := c.app.WasmKeeper.QuerySmart(ctx, contract, toJSON(c.t, question))
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal(reply, answer))
	return ctx.GasMeter().GasConsumed() - before
}

// seed derives 32 bytes from a name, the same every time.
func seed(name string) []byte {
	hash := sha256.Sum256([]byte(name))
	return hash[:]
}
