#!/usr/bin/env python3
"""Writes volatility-gbt/model.onnx: the same forecast as volatility_mlp.py, by gradient boosting.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python volatility_gbt.py            # writes the model
    venv/bin/python volatility_gbt.py --check    # fails if the committed model is not what this writes

Trees of depth four are grown one after the other, each on what the ones before it left over, over 64 bins a feature. Data and
features are those of volatility_mlp.py. The trees are one TreeEnsembleRegressor of the domain ai.onnx.ml, as the exporters of
scikit-learn, XGBoost and LightGBM write them: ONNX Runtime runs it, tract does not.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from volatility_mlp import CANDLES, features, simulate

TARGET = pathlib.Path(__file__).parent / "volatility-gbt" / "model.onnx"
TREES, DEPTH, BINS, RATE, SMALLEST = 80, 4, 64, 0.12, 200


def grow(bins, edges, residual):
    """One tree: nodes of (feature, threshold, left, right), or leaves of their value; and the value of each row."""
    nodes, values = [], np.zeros(len(residual))

    def split(rows, depth):
        place = len(nodes)
        nodes.append(None)
        total, count = residual[rows].sum(), len(rows)
        best = (1e-9, None, None)
        if depth < DEPTH:
            for feature in range(bins.shape[1]):
                column = bins[rows, feature]
                counts = np.cumsum(np.bincount(column, minlength=BINS))[:-1]
                sums = np.cumsum(np.bincount(column, residual[rows], minlength=BINS))[:-1]
                allowed = (counts >= SMALLEST) & (count - counts >= SMALLEST)
                left, right = np.maximum(counts, 1), np.maximum(count - counts, 1)
                gain = np.where(allowed, sums**2 / left + (total - sums) ** 2 / right - total**2 / count, 0)
                at = int(gain.argmax())
                # Gains that differ in the last bits are the same: the first one wins, on every machine.
                if gain[at] > best[0] * (1 + 1e-6):
                    best = (gain[at], feature, at)
        _, feature, at = best
        if feature is None:
            nodes[place] = float(RATE * total / count)
            values[rows] = nodes[place]
        else:
            goes_left = bins[rows, feature] <= at
            left = split(rows[goes_left], depth + 1)
            right = split(rows[~goes_left], depth + 1)
            nodes[place] = (feature, float(edges[feature][at]), left, right)
        return place

    split(np.arange(len(residual)), 0)
    return nodes, values


def train(inputs, targets):
    edges = [np.quantile(column, np.arange(1, BINS) / BINS).astype(np.float32) for column in inputs.T]
    # Bin b holds what is at most edge b, as the graph compares.
    bins = np.stack([np.searchsorted(edge, column, side="left") for edge, column in zip(edges, inputs.T)], axis=1)
    base = float(targets.mean())
    residual, trees = targets - base, []
    for _ in range(TREES):
        nodes, values = grow(bins, edges, residual)
        trees.append(nodes)
        residual = residual - values
    return base, trees


def predict(base, trees, inputs):
    total = np.full(len(inputs), base)
    for nodes in trees:
        at = np.zeros(len(inputs), dtype=int)
        for _ in range(DEPTH):
            for place, node in enumerate(nodes):
                if isinstance(node, tuple):
                    here = at == place
                    feature, threshold, left, right = node
                    at = np.where(here, np.where(inputs[:, feature] <= threshold, left, right), at)
        total += np.array([0 if isinstance(node, tuple) else node for node in nodes])[at]
    return total


def graph(base, trees):
    index = lambda name, value: numpy_helper.from_array(np.asarray(value, dtype=np.int64), name)
    column = {"open": 0, "high": 1, "low": 2, "close": 3}
    names = ["treeids", "nodeids", "featureids", "modes", "values", "truenodeids", "falsenodeids", "hitrates"]
    table = {f"nodes_{name}": [] for name in names}
    leaves = {f"target_{name}": [] for name in ["treeids", "nodeids", "ids", "weights"]}
    for tree, nodes in enumerate(trees):
        for place, node in enumerate(nodes):
            inner = isinstance(node, tuple)
            feature, threshold, left, right = node if inner else (0, 0.0, 0, 0)
            row = [tree, place, feature, "BRANCH_LEQ" if inner else "LEAF", threshold, left, right, 1.0]
            for name, value in zip(names, row):
                table[f"nodes_{name}"].append(value)
            if not inner:
                for name, value in zip(["treeids", "nodeids", "ids", "weights"], [tree, place, 0, round(node, 6)]):
                    leaves[f"target_{name}"].append(value)
    nodes = [helper.make_node("Gather", ["candles", name + "_at"], [name], axis=2) for name in column]
    nodes += [
        helper.make_node("Div", ["high", "low"], ["spread_ratio"]),
        helper.make_node("Log", ["spread_ratio"], ["spread"]),
        helper.make_node("Div", ["close", "open"], ["move_ratio"]),
        helper.make_node("Log", ["move_ratio"], ["move"]),
        helper.make_node("Concat", ["spread", "move"], ["features"], axis=1),
        helper.make_node(
            "TreeEnsembleRegressor", ["features"], ["log_volatility"], domain="ai.onnx.ml", n_targets=1,
            aggregate_function="SUM", post_transform="NONE", base_values=[round(base, 6)], **table, **leaves,
        ),
        helper.make_node("Exp", ["log_volatility"], ["volatility"]),
    ]
    inputs = [helper.make_tensor_value_info("candles", TensorProto.FLOAT, ["batch", CANDLES, 4])]
    outputs = [helper.make_tensor_value_info("volatility", TensorProto.FLOAT, ["batch", 1])]
    model = helper.make_model(
        helper.make_graph(nodes, "volatility", inputs, outputs, [index(name + "_at", at) for name, at in column.items()]),
        opset_imports=[helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 3)],
        producer_name="hub-examples",
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed model differs")
    check = parser.parse_args().check
    ohlc, volatility = simulate(np.random.default_rng(20_260_101), 4_000, CANDLES * 4 + 1)
    starts = range(0, CANDLES * 4 - CANDLES + 1, 3)
    windows = np.concatenate([features(ohlc[:, s : s + CANDLES]) for s in starts])
    targets = np.log(np.concatenate([volatility[:, s + CANDLES] for s in starts]))
    base, trees = train(windows, targets)

    fresh, truth = simulate(np.random.default_rng(7), 4_000, CANDLES + 1)
    guess = predict(base, trees, features(fresh[:, :CANDLES]))
    wanted = np.log(truth[:, CANDLES])
    rms = lambda one: float(np.sqrt(np.mean((one - wanted) ** 2)))
    average = np.log(np.sqrt(np.mean(truth[:, :CANDLES] ** 2, axis=1)))
    print("error of the logarithm, on unseen simulated prices")
    print(f"  this model {rms(guess):.4f}, 'as in the last candle' {rms(np.log(truth[:, CANDLES - 1])):.4f}, 'as in all ten' {rms(average):.4f}")

    data = graph(base, trees).SerializeToString(deterministic=True)
    if check:
        if data != TARGET.read_bytes():
            sys.exit(f"{TARGET} is not what this script writes")
        print(f"{TARGET.name} is what this script writes")
    else:
        TARGET.write_bytes(data)
        print(f"{TARGET}: {len(data)} bytes")


if __name__ == "__main__":
    main()
