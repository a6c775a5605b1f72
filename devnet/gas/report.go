package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"hub/devnet/chain"
)

// tolerance of a row against the snapshot.
const tolerance = 0.005

// described is a row of the table; budget and goal are 0 where there is none.
type described struct {
	name, what   string
	budget, goal float64
}

var table = []described{
	{"settle", "`Settle`, one receipt", 260_000, 225_000},
	{"w1k_per_receipt", "W1k: 1 000 receipts, 50 sessions, 20 models, 100 groups: per receipt", 1_200, 1_000},
	{"w10k_per_receipt", "W10k: 10 000 receipts, 100 sessions, 40 models, 200 groups: per receipt", 265, 220},
	{"w10k_netted_per_receipt", "W10k netted: per receipt", 215, 165},
	{"w1k_first_of_week_per_receipt", "first W1k of a week: per receipt", 1_900, 1_650},
	{"marginal_receipt", "one more itemised receipt in a large batch", 65, 59},
	{"voucher", "voucher of a secp256k1 key, each", 2_500, 2_000},
	{"voucher_ed25519", "voucher of an ed25519 key, each", 2_500, 2_000},
	{"bank_send", "bank transfer, to compare", 0, 0},
	{"cw20_transfer", "cw20 transfer, to compare", 0, 0},
	{"w1k_authors_by_payout", "paying the 20 authors of a W1k by `Payout` behind the batch", 0, 0},
	{"w1k_authors_by_bank_sends", "paying 20 accounts by a bank message each, in one transaction", 0, 0},
}

// report is what was measured.
type report struct {
	rows     map[string]float64
	profiles []workload
}

// workload is one transaction, taken apart.
type workload struct {
	name     string
	receipts int
	result   chain.Result
	lines    []line
}

func (r *report) add(name string, value float64) {
	if r.rows == nil {
		r.rows = map[string]float64{}
	}
	r.rows[name] = value
}

func (r *report) profile(name string, receipts int, result chain.Result, lines []line) {
	r.profiles = append(r.profiles, workload{name, receipts, result, lines})
}

type snapshot struct {
	About string             `json:"about"`
	Rows  map[string]float64 `json:"rows"`
}

const snapshotFile = "snapshot.json"

// compare fails where a row is not what the snapshot says.
func (r *report) compare(dir string) error {
	file, err := os.ReadFile(filepath.Join(dir, snapshotFile))
	if err != nil {
		return fmt.Errorf("there is no snapshot to compare with: make gas-update writes one (%w)", err)
	}
	var committed snapshot
	if err := json.Unmarshal(file, &committed); err != nil {
		return fmt.Errorf("%s: %w", snapshotFile, err)
	}
	var different []string
	for _, row := range table {
		before, now := committed.Rows[row.name], r.rows[row.name]
		if math.Abs(now-before) > tolerance*before {
			different = append(different, fmt.Sprintf("  %s: %s, in the snapshot %s", row.name, number(now), number(before)))
		}
	}
	if len(different) > 0 {
		return fmt.Errorf("gas has changed by more than 0.5 %%:\n%s\nIf it is meant to: make gas-update, and commit",
			strings.Join(different, "\n"))
	}
	fmt.Println("\nEvery row is within 0.5 % of the snapshot.")
	return nil
}

// write renews snapshot and table.
func (r *report) write(dir string) error {
	bytes, err := json.MarshalIndent(snapshot{
		About: "SDK gas of whole transactions on wasmd v0.70.3 with default parameters. See README.md; make gas compares, make gas-update renews.",
		Rows:  r.rows,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, snapshotFile), append(bytes, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "README.md"), []byte(r.readme()), 0o644)
}

// table is for people.
func (r *report) table() string {
	var out strings.Builder
	out.WriteString("| case | gas | budget | goal | |\n|---|--:|--:|--:|---|\n")
	for _, row := range table {
		value, met := r.rows[row.name], ""
		switch {
		case row.budget == 0:
		case value > row.budget:
			met = "over budget"
		case value > row.goal:
			met = "budget met"
		default:
			met = "goal met"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s |\n",
			row.what, number(value), number(row.budget), number(row.goal), met)
	}
	return out.String()
}

const preface = `# Gas

What the Hub costs on wasmd v0.70.3 with default parameters: SDK gas of whole transactions, with fee and signature.
` + "`make gas`" + ` measures it in wasmd's own application and fails where a row differs from ` + "`snapshot.json`" + ` by more than 0.5 %;
` + "`make gas-update`" + ` renews both files. Gas is deterministic.

Conditions: code not pinned; one payee, native denom, no ceilings (but for the vouchers), sessions of one caller each
that list two models, units uniform in 50 to 4 000 in and 20 to 1 500 out, an attester with a secp256k1 key, money aged
and unrelated, payers already seen this week and batches already seen this day (but for the first of a week). The
marginal receipt is the difference between 11 000 and 10 000 receipts in the same 200 groups; a voucher is the difference
between a W1k with 50 of them and without.

`

const profileText = `
## Where it goes

Taken from the transactions above, operation by operation. "Queries" are raw reads of another contract's records; bytes
are keys and values.
`

func (r *report) readme() string {
	var out strings.Builder
	out.WriteString(preface)
	out.WriteString(r.table())
	out.WriteString(profileText)
	for _, load := range r.profiles {
		out.WriteString(load.text())
	}
	return out.String()
}

func (w workload) text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n### %s: %s gas, %s bytes\n\n", w.name, number(float64(w.result.Gas)), number(float64(w.result.Bytes)))
	out.WriteString("| where | times | bytes | gas | share |\n|---|--:|--:|--:|--:|\n")
	for _, line := range w.lines {
		fmt.Fprintf(&out, "| %s | %d | %s | %s | %.1f %% |\n", line.what, line.count,
			number(float64(line.bytes)), number(float64(line.gas)), 100*float64(line.gas)/float64(w.result.Gas))
	}
	return out.String()
}

// number groups thousands by spaces; nothing stands for 0.
func number(value float64) string {
	if value == 0 {
		return ""
	}
	whole := int64(value)
	text := fmt.Sprint(whole)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	if tenth := math.Round((value - float64(whole)) * 10); tenth > 0 {
		text += fmt.Sprintf(".%.0f", tenth)
	}
	return text
}
