// Gas measures what the Hub costs on wasmd: the rows of gas/snapshot.json, in wasmd's own application.
//
//	go run ./gas           fails where a row differs by more than 0.5 % from the snapshot
//	go run ./gas -update   writes the snapshot and gas/README.md
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"os"

	"github.com/CosmWasm/wasmd/app"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

func main() {
	// Some library below has flags of its own in the common set.
	flags := flag.NewFlagSet("gas", flag.ExitOnError)
	update := flags.Bool("update", false, "write the snapshot and its table")
	artifacts := flags.String("artifacts", "../artifacts", "folder of the contracts")
	cw20 := flags.String("cw20", "build/cw20_base.wasm", "cw20-base")
	out := flags.String("out", "../gas", "folder of the snapshot")
	_ = flags.Parse(os.Args[1:])
	if err := run(*artifacts, *cw20, *out, *update); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(artifacts, cw20, out string, update bool) error {
	// The program of the node does the same: addresses are shorter than with the default.
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(app.Bech32PrefixAccAddr, app.Bech32PrefixAccPub)
	config.SetBech32PrefixForValidator(app.Bech32PrefixValAddr, app.Bech32PrefixValPub)

	report, err := measure(artifacts, cw20)
	if err != nil {
		return err
	}
	fmt.Print(report.table())
	if update {
		return report.write(out)
	}
	return report.compare(out)
}

func hash(text string) [32]byte { return sha256.Sum256([]byte(text)) }
