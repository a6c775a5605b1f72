package gas

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hub/tests/devnet/chain"

	"github.com/stretchr/testify/require"
)

// tolerance of a row against the snapshot.
const tolerance = 0.005

// report is what was measured.
type report struct {
	rows     []row
	values   map[string]float64
	profiles []workload
	// What the end-to-end run compares a node with.
	node map[string]float64
}

// workload is one transaction, taken apart.
type workload struct {
	name   string
	result chain.Result
	lines  []line
}

func (r *report) add(row row, value float64) {
	if r.values == nil {
		r.values = map[string]float64{}
	}
	r.rows = append(r.rows, row)
	r.values[row.name] = value
}

// profile keeps where the gas of the last transaction went, and returns how much it is per receipt.
func (r *report) profile(name string, m *market, result chain.Result, receipts uint64) float64 {
	r.profiles = append(r.profiles, workload{name, result, m.profile.lines(m, result)})
	return per(result.Gas, receipts)
}

type snapshot struct {
	About string             `json:"about"`
	Rows  map[string]float64 `json:"rows"`
	// Transactions that the end-to-end run sends to a node as well.
	Node map[string]float64 `json:"node"`
}

const dir = "."

// compare fails where a row is not what the snapshot says, or stands in one of them alone.
func (r *report) compare(t *testing.T) {
	file, err := os.ReadFile(filepath.Join(dir, "snapshot.json"))
	require.NoError(t, err, "HUB_UPDATE=1 make gas writes a snapshot to compare with")
	var before snapshot
	require.NoError(t, json.Unmarshal(file, &before))
	compareRows(t, "", r.values, before.Rows)
	compareRows(t, "node: ", r.node, before.Node)
}

func compareRows(t *testing.T, prefix string, found, before map[string]float64) {
	for name, value := range found {
		if math.Abs(value-before[name]) > tolerance*before[name] {
			t.Errorf("%s%s: %s, in the snapshot %s. If it is meant: HUB_UPDATE=1 make gas, and commit",
				prefix, name, number(value), number(before[name]))
		}
	}
	for name := range before {
		if _, measured := found[name]; !measured {
			t.Errorf("%s%s stands in the snapshot and is not measured: HUB_UPDATE=1 make gas, and commit", prefix, name)
		}
	}
}

// write renews snapshot and table.
func (r *report) write(t *testing.T) {
	bytes, err := json.MarshalIndent(snapshot{
		About: "SDK gas of whole transactions on wasmd v0.70.3 with default parameters. README.md explains; make gas compares, HUB_UPDATE=1 make gas renews.",
		Rows:  r.values,
		Node:  r.node,
	}, "", "  ")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "snapshot.json"), append(bytes, '\n'), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte(r.readme()), 0o644))
}

// table is for people.
func (r *report) table() string {
	var out strings.Builder
	out.WriteString("| case | gas | budget | goal | |\n|---|--:|--:|--:|---|\n")
	for _, row := range r.rows {
		value, met := r.values[row.name], ""
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
` + "`HUB_UPDATE=1 make gas`" + ` renews both files. Gas is deterministic.

Conditions, where the row does not say otherwise:

- Code is not pinned. A model has one payee, a native denomination and a long past, so that few change their place in the ranking.
- Sessions have one caller each, list two models, and have no ceiling.
- Units are uniform in 50 to 4 000 in and 20 to 1 500 out, and the attester has a secp256k1 key.
- Money is aged and unrelated. Payers were seen earlier this week and batches earlier this day.

The marginal receipt is the difference between 11 000 and 10 000 receipts in the same 200 groups; a voucher is the difference
between a W1k with 50 of them and without. Of a Walrus committee two of three members sign, spread all over it, and their
certificate is the first of its release. Of a query, which nobody pays for, it is what the node computes; it refuses more than
3 000 000.

`

const profileText = `
## Where it goes

Taken from the transactions above, operation by operation. A contract queries another's records by raw reads; their
bytes are keys and values. What a contract answers to the chain, messages to other contracts included, costs 1 gas a byte.
`

const nodeText = `
## The same on a node

All this is measured in process, where block times can be set. That a node charges the same is checked. This module and
the end-to-end run (` + "`tests/e2e/src/gas.ts`" + `, through the TypeScript client, against a node that runs) each make a Hub anew with
two models and two sessions. Both send the same receipts under the same gas limit and fee. ` + "`make e2e`" + ` fails where the gas
used differs by more than 0.5 %. What may differ within that: the width of account numbers, balances and times, and the
height up to which the client lets a transaction wait.

`

// onNode is what the end-to-end run compares with.
func (r *report) onNode() string {
	return fmt.Sprintf("- one `Settle`: %s gas\n- a batch of %d receipts in %d groups: %s gas\n",
		number(r.node["settle"]), onNode.callers*modelsPerSession*onNode.perGroup, onNode.callers*modelsPerSession,
		number(r.node["batch"]))
}

func (r *report) readme() string {
	var out strings.Builder
	out.WriteString(preface)
	out.WriteString(r.table())
	out.WriteString(nodeText)
	out.WriteString(r.onNode())
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
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %.1f %% |\n", line.what, number(float64(line.count)),
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
