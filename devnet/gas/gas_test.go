package gas

import (
	_ "github.com/CosmWasm/wasmd/app"
	_ "github.com/CosmWasm/wasmd/x/wasm/types"
	_ "github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	_ "github.com/decred/dcrd/dcrec/secp256k1/v4"
)
