"""engine-cases.py WHEELS CASES: runs every ONNX model in a folder of wheels, and our own, on Python's onnxruntime, and writes for
each a folder with the model, the request, and the answer, in the JSON of the Open Inference Protocol."""

import json
import pathlib
import sys
import zipfile

import numpy as np
import onnxruntime

TYPES = {
    "tensor(float)": ("FP32", np.float32),
    "tensor(double)": ("FP64", np.float64),
    "tensor(float16)": ("FP16", np.float16),
    "tensor(int64)": ("INT64", np.int64),
    "tensor(int32)": ("INT32", np.int32),
    "tensor(uint8)": ("UINT8", np.uint8),
    "tensor(bool)": ("BOOL", np.bool_),
}
NAMES = {np.dtype(kind): name for name, kind in TYPES.values()}


def tensor(name, array):
    # A half or a single is written as the double of the same value, so every bit survives.
    return {"name": name, "shape": list(array.shape), "datatype": NAMES[array.dtype], "data": array.ravel().tolist()}


def size(model, port, place, axis):
    """A size for a dimension that callers choose."""
    if isinstance(axis, int):
        return axis
    if "silero" in model:
        # Sequences take ten windows; those with a state take one call's samples.
        return 1 if place == 0 and "sequence" not in model else {"input": [10, 576]}.get(port.name, [1, 1, 128])[place]
    if len(port.shape) == 4:
        # Pictures: the recogniser wants 48 rows.
        rows = 48 if "rec" in model else 320
        return [1, 3, rows, 320][place]
    return 1 if place == 0 else 2048 if "magika" in model else 512


def value(model, port, rng):
    kind = TYPES[port.type][1]
    shape = [size(model, port, place, axis) for place, axis in enumerate(port.shape)]
    if port.name == "sr":
        return np.array(16_000, dtype=kind).reshape(shape)
    if kind == np.bool_:
        return rng.random(shape) < 0.5
    if np.issubdtype(kind, np.integer):
        return rng.integers(0, 256, shape).astype(kind)
    # Prices must be above zero; nothing else minds.
    return rng.uniform(1, 2, shape).astype(kind) if port.name == "candles" else rng.standard_normal(shape).astype(kind)


def main():
    wheels, cases = map(pathlib.Path, sys.argv[1:])
    models = {}
    for wheel in sorted(wheels.glob("*.whl")):
        archive = zipfile.ZipFile(wheel)
        for name in archive.namelist():
            if name.endswith(".onnx") and not wheel.name.startswith("onnxruntime-"):
                models[f"{wheel.name.split('-')[0]} {name.replace('/', ' ')}"] = archive.read(name)
    for path in sorted(pathlib.Path("examples/models").glob("*/model.onnx")):
        models[f"examples {path.parent.name}"] = path.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    written = 0
    for name, data in models.items():
        try:
            session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
            rng = np.random.default_rng(1)
            inputs = {port.name: value(name, port, rng) for port in session.get_inputs()}
            outputs = session.run(None, inputs)
        except Exception as error:
            print(f"{name}: left out, Python itself fails: {str(error).splitlines()[0][:160]}")
            continue
        folder = cases / name
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(data)
        request = {"inputs": [tensor(one, array) for one, array in inputs.items()]}
        (folder / "request.json").write_text(json.dumps(request, allow_nan=False))
        names = [port.name for port in session.get_outputs()]
        answer = {"model_name": name, "outputs": [tensor(one, array) for one, array in zip(names, outputs)]}
        (folder / "answer.json").write_text(json.dumps(answer, allow_nan=False))
        written += 1
    print(f"{written} of {len(models)} models run in Python's onnxruntime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()
