package gas

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"hub/tests/devnet/chain"

	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
	wasmvm "github.com/CosmWasm/wasmvm/v3"
	wasmvmtypes "github.com/CosmWasm/wasmvm/v3/types"
)

// profile stands between wasmd and the VM and notes what every storage operation of a transaction costs. It changes
// no cost.
type profile struct {
	wasmtypes.WasmEngine

	calls []call
}

// call is one execution of a contract. Gas is what the transaction had used before and after it.
type call struct {
	contract      string
	before, after uint64
	compute       uint64 // in the VM itself
	response      int    // bytes of its answer to the chain, which cost 1 each
	operations    []operation
}

// operation is one access to storage: by a contract to its own, or by a raw query to another's.
type operation struct {
	verb     string
	contract string
	key      []byte
	bytes    int // of key and value
	gas      uint64
}

func (p *profile) decorate(engine wasmtypes.WasmEngine) wasmtypes.WasmEngine {
	p.WasmEngine = engine
	return p
}

// Execute is the VM's, observed.
func (p *profile) Execute(
	code wasmvm.Checksum, env wasmvmtypes.Env, info wasmvmtypes.MessageInfo, message []byte, store wasmvm.KVStore,
	api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, deserCost wasmvmtypes.UFraction,
) (*wasmvmtypes.ContractResult, uint64, error) {
	return p.observe(env, meter, func(observed *call) (*wasmvmtypes.ContractResult, uint64, error) {
		return p.WasmEngine.Execute(code, env, info, message, observedStore{store, meter, observed}, api,
			observedQuerier{querier, meter, observed}, meter, limit, deserCost)
	})
}

// Reply is the VM's, observed: how billing goes on once a verifier has answered.
func (p *profile) Reply(
	code wasmvm.Checksum, env wasmvmtypes.Env, reply wasmvmtypes.Reply, store wasmvm.KVStore,
	api wasmvm.GoAPI, querier wasmvm.Querier, meter wasmvm.GasMeter, limit uint64, deserCost wasmvmtypes.UFraction,
) (*wasmvmtypes.ContractResult, uint64, error) {
	return p.observe(env, meter, func(observed *call) (*wasmvmtypes.ContractResult, uint64, error) {
		return p.WasmEngine.Reply(code, env, reply, observedStore{store, meter, observed}, api,
			observedQuerier{querier, meter, observed}, meter, limit, deserCost)
	})
}

func (p *profile) observe(
	env wasmvmtypes.Env, meter wasmvm.GasMeter, run func(*call) (*wasmvmtypes.ContractResult, uint64, error),
) (*wasmvmtypes.ContractResult, uint64, error) {
	observed := &call{contract: env.Contract.Address, before: gasOf(meter)}
	result, used, err := run(observed)
	observed.compute = used / wasmtypes.DefaultGasMultiplier
	observed.after = gasOf(meter) + observed.compute
	// Written again, so some bytes more or less than the contract wrote.
	if bytes, err := json.Marshal(result); err == nil {
		observed.response = len(bytes)
	}
	p.calls = append(p.calls, *observed)
	return result, used, err
}

func gasOf(meter wasmvm.GasMeter) uint64 { return meter.GasConsumed() / wasmtypes.DefaultGasMultiplier }

type observedStore struct {
	wasmvm.KVStore
	meter wasmvm.GasMeter
	call  *call
}

func (s observedStore) note(verb string, key []byte, before uint64, bytes int) {
	s.call.operations = append(s.call.operations,
		operation{verb, s.call.contract, slices.Clone(key), bytes, gasOf(s.meter) - before})
}

func (s observedStore) Get(key []byte) []byte {
	before := gasOf(s.meter)
	value := s.KVStore.Get(key)
	s.note("reads", key, before, len(key)+len(value))
	return value
}

func (s observedStore) Set(key, value []byte) {
	before := gasOf(s.meter)
	s.KVStore.Set(key, value)
	s.note("writes", key, before, len(key)+len(value))
}

func (s observedStore) Delete(key []byte) {
	before := gasOf(s.meter)
	s.KVStore.Delete(key)
	s.note("deletes", key, before, len(key))
}

type observedQuerier struct {
	wasmvm.Querier
	meter wasmvm.GasMeter
	call  *call
}

func (q observedQuerier) Query(request wasmvmtypes.QueryRequest, limit uint64) ([]byte, error) {
	before := gasOf(q.meter)
	answer, err := q.Querier.Query(request, limit)
	observed := operation{verb: "queries", bytes: len(answer), gas: gasOf(q.meter) - before}
	if request.Wasm != nil && request.Wasm.Raw != nil {
		observed.contract, observed.key = request.Wasm.Raw.ContractAddr, request.Wasm.Raw.Key
		observed.bytes += len(observed.key)
	}
	q.call.operations = append(q.call.operations, observed)
	return answer, err
}

// packed names the records with a letter for a namespace, see packages/hub-types/src/records.
var packed = map[string]map[byte]string{
	"registry": {
		'M': "model", 'T': "terms", 'R': "release",
		'C': "committee", 'K': "committee keys", 'P': "permanent certificate", 'D': "deletable certificate",
	},
	"escrow": {
		'D': "denomination", 'P': "session policy", 'S': "session", 'B': "balance", 'F': "spend",
	},
	"billing": {
		'A': "attester", 'N': "batch count", 'R': "batch", 'U': "usage", 'D': "usage of a day",
		'V': "usage of a release", 'P': "payer", 'Y': "payer of a model", 'E': "author who earns", 'L': "ranking",
		'X': "usage of an attester", 'H': "Hub", 'I': "Hub of a day", 'W': "Hub of a week",
	},
}

// record is the kind of record that a key belongs to.
func record(contract string, key []byte) string {
	if len(key) == 0 {
		return contract
	}
	name := string(key)
	switch letter := key[0]; {
	case letter == 0 && len(key) > 2 && len(key) >= 2+int(key[1]): // a map of cw-storage-plus
		name = string(key[2 : 2+int(key[1])])
	case letter >= 'A' && letter <= 'Z':
		name = packed[contract][letter]
		if name == "" {
			name = string(letter)
		}
	}
	return contract + ": " + name
}

// line is a line of a profile.
type line struct {
	what  string
	count int
	bytes int
	gas   uint64
}

// lines tells where the gas of the last transaction went, in order of what happens; storage by record kind, the most
// expensive first.
func (p *profile) lines(m *market, result chain.Result) []line {
	total, bytes := result.Gas, result.Bytes
	names := map[string]string{
		m.registry.String(): "registry", m.escrow.String(): "escrow", m.billing.String(): "billing", m.token.String(): "token",
		m.verifier.String(): "nitro verifier",
	}
	const perByte, signature, module = 10, 1_000, wasmtypes.DefaultInstanceCost
	lines := []line{
		{what: "transaction: bytes", bytes: bytes, gas: perByte * uint64(bytes)},
		{what: "transaction: signature", gas: signature},
	}
	gone := perByte*uint64(bytes) + signature
	for i, call := range p.calls {
		name := names[call.contract]
		before := "transaction: fee, account, sequence, look-up of " + name
		if i > 0 {
			before = "events and message, look-up of " + name
		}
		lines = append(lines,
			// What a contract answers is an estimate, and may be more than all there was: then nothing is left.
			line{what: before, gas: call.before - min(call.before, gone+module)},
			line{what: name + " is loaded", gas: module})

		var storage []line
		operations := uint64(0)
		for _, op := range call.operations {
			operations += op.gas
			what := fmt.Sprintf("%s %s %s", name, op.verb, record(names[op.contract], op.key))
			what = strings.Replace(what, " "+name+":", "", 1)
			place := slices.IndexFunc(storage, func(l line) bool { return l.what == what })
			if place < 0 {
				place = len(storage)
				storage = append(storage, line{what: what})
			}
			storage[place].count++
			storage[place].bytes += op.bytes
			storage[place].gas += op.gas
		}
		slices.SortStableFunc(storage, func(a, b line) int { return cmp.Compare(b.gas, a.gas) })
		lines = append(lines, storage...)
		answer := uint64(call.response)
		lines = append(lines,
			line{what: name + " answers (about)", bytes: call.response, gas: answer},
			line{what: name + " computes", gas: call.after - call.before - operations - answer})
		gone = call.after
	}
	if rest := total - gone; rest > 0 {
		lines = append(lines, line{what: "the rest", gas: rest})
	}
	return lines
}
