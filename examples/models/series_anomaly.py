#!/usr/bin/env python3
"""Writes series-anomaly/model.onnx: how likely it is that the newest value of a series is not like the others.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt
    venv/bin/python series_anomaly.py            # writes the model
    venv/bin/python series_anomaly.py --check    # fails if the committed model is not what this writes

The data are made here: levels, trends, daily rhythms and noise of many kinds, and in half of them the last value is moved, by a
jump up or down or by a drop to zero. A small network learns to tell; everything is seeded. The graph itself takes the window's
mean and spread out, so that series of any unit and size may be sent as they are.
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TARGET = pathlib.Path(__file__).parent / "series-anomaly" / "model.onnx"
WINDOW, HIDDEN, SMALL = 48, 32, 1e-6


def series(rng, count):
    """Windows of `count` series, and whether the last value of each was moved."""
    time = np.arange(WINDOW)
    column = lambda values: values[:, None]
    noise = rng.standard_normal((count, WINDOW))
    heavy = rng.standard_t(4, (count, WINDOW)) / np.sqrt(2)
    noise = np.where(column(rng.random(count) < 0.3), heavy, noise)
    # Noise that remembers: of each value a part goes on.
    memory = np.where(rng.random(count) < 0.4, rng.uniform(0, 0.9, count), 0)
    for step in range(1, WINDOW):
        noise[:, step] = memory * noise[:, step - 1] + np.sqrt(1 - memory**2) * noise[:, step]
    rhythm = column(np.where(rng.random(count) < 0.5, rng.uniform(0, 6, count), 0))
    phase, period = column(rng.uniform(0, 2 * np.pi, count)), column(rng.choice([6, 8, 12, 24], count))
    trend = column(rng.normal(0, 3, count) * (rng.random(count) < 0.4))
    values = noise + rhythm * np.sin(2 * np.pi * time / period + phase) + trend * (time / WINDOW - 0.5)
    level = rng.uniform(5, 50, count)
    values = values + column(level)
    moved = rng.random(count) < 0.5
    jump = rng.choice([-1, 1], count) * rng.uniform(3.5, 12, count)
    drop = rng.random(count) < 0.2
    values[:, -1] = np.where(moved, np.where(drop, 0, values[:, -1] + jump), values[:, -1])
    scale = column(np.exp(rng.normal(0, 3, count)))
    return (values * scale).astype(np.float32), moved


def prepare(values):
    """What the graph makes of a window: its values without the mean and spread of those before the last."""
    before = values[:, :-1]
    mean = before.mean(1, keepdims=True)
    spread = np.sqrt(((before - mean) ** 2).mean(1, keepdims=True)) + SMALL
    return np.clip((values - mean) / spread, -20, 20)


def train(rng, inputs, wanted):
    shapes = [(WINDOW, HIDDEN), (HIDDEN,), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN, 1), (1,)]
    weights = [rng.normal(0, 1 / np.sqrt(shape[0]), shape) if len(shape) == 2 else np.zeros(shape) for shape in shapes]
    first, second = [np.zeros_like(w) for w in weights], [np.zeros_like(w) for w in weights]
    batch, epochs = 256, 24
    per_epoch = len(inputs) // batch
    for update in range(1, epochs * per_epoch + 1):
        if (update - 1) % per_epoch == 0:
            order = rng.permutation(len(inputs))
        place = ((update - 1) % per_epoch) * batch
        x, y = inputs[order[place : place + batch]], wanted[order[place : place + batch], None]
        a1 = np.tanh(x @ weights[0] + weights[1])
        a2 = np.tanh(a1 @ weights[2] + weights[3])
        error = (1 / (1 + np.exp(-(a2 @ weights[4] + weights[5]))) - y) / batch
        d2 = (error @ weights[4].T) * (1 - a2**2)
        d1 = (d2 @ weights[2].T) * (1 - a1**2)
        slopes = [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ error, error.sum(0)]
        rate = 3e-3 * (1 - update / (epochs * per_epoch))
        for i, slope in enumerate(slopes):
            first[i] = 0.9 * first[i] + 0.1 * slope
            second[i] = 0.999 * second[i] + 0.001 * slope**2
            step = first[i] / (1 - 0.9**update) / (np.sqrt(second[i] / (1 - 0.999**update)) + 1e-8)
            weights[i] = weights[i] - rate * step
    return weights


def graph(weights):
    # Rounded, so that what differs in the last bits between machines seldom reaches the file.
    constant = lambda name, value: numpy_helper.from_array(np.asarray(value, dtype=np.float32).round(5), name)
    index = lambda name, value: numpy_helper.from_array(np.asarray(value, dtype=np.int64), name)
    nodes = [
        helper.make_node("Slice", ["values", "begin", "end", "axis"], ["before"]),
        helper.make_node("ReduceMean", ["before"], ["mean"], axes=[1], keepdims=1),
        helper.make_node("Sub", ["before", "mean"], ["offsets"]),
        helper.make_node("Mul", ["offsets", "offsets"], ["squares"]),
        helper.make_node("ReduceMean", ["squares"], ["variance"], axes=[1], keepdims=1),
        helper.make_node("Sqrt", ["variance"], ["deviation"]),
        helper.make_node("Add", ["deviation", "small"], ["spread"]),
        helper.make_node("Sub", ["values", "mean"], ["centred"]),
        helper.make_node("Div", ["centred", "spread"], ["scaled"]),
        helper.make_node("Clip", ["scaled", "least", "most"], ["features"]),
        helper.make_node("Gemm", ["features", "w1", "b1"], ["z1"]),
        helper.make_node("Tanh", ["z1"], ["a1"]),
        helper.make_node("Gemm", ["a1", "w2", "b2"], ["z2"]),
        helper.make_node("Tanh", ["z2"], ["a2"]),
        helper.make_node("Gemm", ["a2", "w3", "b3"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["score"]),
    ]
    named = [constant(name, value) for name, value in zip(["w1", "b1", "w2", "b2", "w3", "b3"], weights)]
    named += [index("begin", [0]), index("end", [WINDOW - 1]), index("axis", [1])]
    named += [numpy_helper.from_array(np.float32(value), name) for name, value in [("small", SMALL), ("least", -20), ("most", 20)]]
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "series_anomaly",
            [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", WINDOW])],
            [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["batch", 1])],
            named,
        ),
        opset_imports=[helper.make_opsetid("", 13)],
        producer_name="hub-examples",
        ir_version=8,
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def area(score, moved):
    """Probability that a moved series scores above one that is not."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
    positive = moved.sum()
    return (ranks[moved].sum() - positive * (positive + 1) / 2) / (positive * (len(score) - positive))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed model differs")
    check = parser.parse_args().check
    rng = np.random.default_rng(20_260_202)
    values, moved = series(rng, 120_000)
    weights = train(rng, prepare(values.astype(np.float64)), moved.astype(np.float64))

    fresh, truth = series(np.random.default_rng(7), 20_000)
    ready = prepare(fresh.astype(np.float64))
    logit = (np.tanh(np.tanh(ready @ weights[0] + weights[1]) @ weights[2] + weights[3]) @ weights[4] + weights[5])[:, 0]
    found = lambda score: float((score[truth] > np.quantile(score[~truth], 0.99)).mean())
    rule = np.abs(ready[:, -1])
    print("on unseen made-up series: area under the curve, and how many are found where one in a hundred is a false alarm")
    print(f"  this model {area(logit, truth):.3f}, {found(logit):.0%}; distance from the mean {area(rule, truth):.3f}, {found(rule):.0%}")

    data = graph(weights).SerializeToString(deterministic=True)
    if check:
        if data != TARGET.read_bytes():
            sys.exit(f"{TARGET} is not what this script writes")
        print(f"{TARGET.name} is what this script writes")
    else:
        TARGET.write_bytes(data)
        print(f"{TARGET}: {len(data)} bytes")


if __name__ == "__main__":
    main()
