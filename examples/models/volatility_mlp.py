#!/usr/bin/env python3
"""Writes volatility-mlp/model.onnx: a forecast of how far a price will move, from its last ten candles.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python volatility_mlp.py            # writes the model
    venv/bin/python volatility_mlp.py --check    # fails if the committed model is not what this writes

The data are simulated, since market data may not be passed on: returns of a GARCH(1,1) process with fat tails and jumps,
sampled 60 times a candle. The target is the realized volatility of the next candle, in the logarithm. A small network
learns it by Adam; everything is seeded. Prices enter as they are: the graph itself makes the features, so that a caller
sends candles and nothing else.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = pathlib.Path(__file__).parent
TARGET = HERE / "volatility-mlp" / "model.onnx"
CANDLES, STEPS, HIDDEN = 10, 60, 24


def simulate(rng, paths, candles):
    """Candles (open, high, low, close) of `paths` prices, and the realized volatility of each candle."""
    steps = candles * STEPS
    omega, alpha, beta = 2e-9, 0.06, 0.93
    variance = np.full(paths, omega / (1 - alpha - beta)) * np.exp(rng.normal(0, 0.8, paths))
    log_price = np.zeros((paths, steps + 1))
    squares = np.zeros((paths, candles))
    for step in range(steps):
        shock = rng.standard_t(5, paths) / np.sqrt(5 / 3)
        jump = (rng.random(paths) < 2e-4) * rng.normal(0, 12, paths)
        move = np.sqrt(variance) * (shock + jump)
        variance = omega + alpha * move**2 + beta * variance
        log_price[:, step + 1] = log_price[:, step] + move
        squares[:, step // STEPS] += move**2
    price = 100 * np.exp(log_price)
    edges = np.arange(candles)[:, None] * STEPS + np.arange(STEPS + 1)[None, :]
    windows = price[:, edges]
    ohlc = np.stack([windows[..., 0], windows.max(-1), windows.min(-1), windows[..., -1]], axis=-1)
    return ohlc.astype(np.float32), np.sqrt(squares)


def features(candles):
    """What the graph makes of candles, in the same order: ranges, then moves, as logarithms."""
    spread = np.log(candles[..., 1] / candles[..., 2])
    move = np.log(candles[..., 3] / candles[..., 0])
    return np.concatenate([spread, move], axis=-1)


def train(rng, inputs, targets):
    scale = 1 / inputs.std(0)
    inputs = inputs * scale
    mean = targets.mean()
    shapes = [(inputs.shape[1], HIDDEN), (HIDDEN,), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,)]
    weights = [rng.normal(0, 1 / np.sqrt(shape[0]), shape) if len(shape) == 2 else np.zeros(shape) for shape in shapes]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    batch, epochs = 256, 30
    updates = epochs * (len(inputs) // batch)
    for update in range(1, updates + 1):
        if (update - 1) % (len(inputs) // batch) == 0:
            order = rng.permutation(len(inputs))
        place = ((update - 1) % (len(inputs) // batch)) * batch
        chosen = order[place : place + batch]
        x, y = inputs[chosen], targets[chosen, None] - mean
        a1 = np.tanh(x @ weights[0] + weights[1])
        a2 = np.tanh(a1 @ weights[2] + weights[3])
        error = (a2 @ weights[4] + weights[5] - y) * (2 / batch)
        d2 = (error @ weights[4].T) * (1 - a2**2)
        d1 = (d2 @ weights[2].T) * (1 - a1**2)
        slopes = [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ error, error.sum(0)]
        rate = 3e-3 * (1 - update / updates)
        for i, slope in enumerate(slopes):
            first[i] = 0.9 * first[i] + 0.1 * slope
            second[i] = 0.999 * second[i] + 0.001 * slope**2
            step = first[i] / (1 - 0.9**update) / (np.sqrt(second[i] / (1 - 0.999**update)) + 1e-8)
            weights[i] = weights[i] - rate * step
    weights[5] = weights[5] + mean
    return scale, weights


def graph(scale, weights):
    # Rounded, so that what differs in the last bits between machines seldom reaches the file.
    constant = lambda name, value: numpy_helper.from_array(np.asarray(value, dtype=np.float32).round(5), name)
    index = lambda name, value: numpy_helper.from_array(np.asarray(value, dtype=np.int64), name)
    column = {"open": 0, "high": 1, "low": 2, "close": 3}
    nodes = [helper.make_node("Gather", ["candles", name + "_at"], [name], axis=2) for name in column]
    nodes += [
        helper.make_node("Div", ["high", "low"], ["spread_ratio"]),
        helper.make_node("Log", ["spread_ratio"], ["spread"]),
        helper.make_node("Div", ["close", "open"], ["move_ratio"]),
        helper.make_node("Log", ["move_ratio"], ["move"]),
        helper.make_node("Concat", ["spread", "move"], ["raw"], axis=1),
        helper.make_node("Mul", ["raw", "scale"], ["features"]),
        helper.make_node("Gemm", ["features", "w1", "b1"], ["z1"]),
        helper.make_node("Tanh", ["z1"], ["a1"]),
        helper.make_node("Gemm", ["a1", "w2", "b2"], ["z2"]),
        helper.make_node("Tanh", ["z2"], ["a2"]),
        helper.make_node("Gemm", ["a2", "w3", "b3"], ["log_volatility"]),
        helper.make_node("Exp", ["log_volatility"], ["volatility"]),
    ]
    named = [constant(name, value) for name, value in zip(["w1", "b1", "w2", "b2", "w3", "b3"], weights)]
    named += [constant("scale", scale)] + [index(name + "_at", at) for name, at in column.items()]
    inputs = [helper.make_tensor_value_info("candles", TensorProto.FLOAT, ["batch", CANDLES, 4])]
    outputs = [helper.make_tensor_value_info("volatility", TensorProto.FLOAT, ["batch", 1])]
    model = helper.make_model(
        helper.make_graph(nodes, "volatility", inputs, outputs, named),
        opset_imports=[helper.make_opsetid("", 13)],
        producer_name="hub-examples",
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed model differs")
    check = parser.parse_args().check
    rng = np.random.default_rng(20_260_101)
    ohlc, volatility = simulate(rng, 6_000, CANDLES * 4 + 1)
    starts = range(0, CANDLES * 4 - CANDLES + 1, 3)
    windows = np.concatenate([features(ohlc[:, s : s + CANDLES].astype(np.float64)) for s in starts])
    targets = np.log(np.concatenate([volatility[:, s + CANDLES] for s in starts]))
    scale, weights = train(rng, windows, targets)

    fresh, truth = simulate(np.random.default_rng(7), 4_000, CANDLES + 1)
    inputs = features(fresh[:, :CANDLES].astype(np.float64)) * scale
    guess = np.tanh(np.tanh(inputs @ weights[0] + weights[1]) @ weights[2] + weights[3]) @ weights[4] + weights[5]
    naive = np.log(truth[:, CANDLES - 1])
    wanted = np.log(truth[:, CANDLES])
    rms = lambda one: float(np.sqrt(np.mean((one - wanted) ** 2)))
    average = np.log(np.sqrt(np.mean(truth[:, :CANDLES] ** 2, axis=1)))
    print("error of the logarithm, on unseen simulated prices")
    print(f"  this model {rms(guess[:, 0]):.4f}, 'as in the last candle' {rms(naive):.4f}, 'as in all ten' {rms(average):.4f}")

    data = graph(scale, weights).SerializeToString(deterministic=True)
    if check:
        if data != TARGET.read_bytes():
            sys.exit(f"{TARGET} is not what this script writes")
        print(f"{TARGET.name} is what this script writes")
    else:
        TARGET.write_bytes(data)
        print(f"{TARGET}: {len(data)} bytes")


if __name__ == "__main__":
    main()
