use std::path::Path;
use std::sync::Arc;

use half::f16;
use tract_onnx::prelude::{
    Datum, DatumType, Framework, InferenceModel, InferenceModelExt, IntoTValue, TDim, TValue,
    Tensor as Value, ToDim, TractError, TractResult, TypedRunnableModel,
};
use tract_onnx::tract_core::plan::{eval, SimpleState};

use crate::engine::cpu_features;
use crate::load::self_test;
use crate::pool::said;
use crate::{
    Axis, Call, Data, Datatype, Engine, EngineError, Identity, InputError, LoadError, Signature,
    Tensor,
};

/// The version that is compiled in.
const VERSION: &str = "0.23.9";

/// The embedded engine: pure Rust, compiled in, needs no library. It runs fewer models than ONNX Runtime, and big ones slower.
pub struct Tract {
    identity: Identity,
    signature: Signature,
    model: Arc<TypedRunnableModel>,
    /// For each input of the model its place in the plan, and for each output.
    inputs: Vec<usize>,
    outputs: Vec<usize>,
}

impl Tract {
    /// Loads an ONNX file and tries it out: [`self_test`](crate::self_test).
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let signature = Signature::of_onnx(path)?;
        // tract panics on some files that are no models it knows.
        let plan = std::panic::catch_unwind(|| plan(path, &signature));
        let plan = plan.unwrap_or_else(|panic| Err(said(panic.as_ref())));
        let (model, inputs, outputs) = plan.map_err(unsupported)?;
        let order = |ports: &[crate::Port], names: &[String]| {
            let place = |port: &crate::Port| names.iter().position(|name| *name == port.name);
            ports.iter().map(place).collect::<Option<Vec<_>>>()
        };
        let Some((inputs, outputs)) = order(&signature.inputs, &inputs)
            .zip(order(&signature.outputs, &outputs))
            .filter(|(places, _)| places.len() == inputs.len())
        else {
            return Err(unsupported(
                "it reads other inputs and outputs in the file than stand there".to_owned(),
            ));
        };
        let engine = Self {
            identity: Identity {
                name: "tract".to_owned(),
                version: VERSION.to_owned(),
                features: cpu_features(),
            },
            signature,
            model,
            inputs,
            outputs,
        };
        self_test(&engine)?;
        Ok(engine)
    }
}

fn unsupported(reason: String) -> LoadError {
    LoadError::Unsupported {
        engine: "tract",
        reason,
        cure: "ONNX Runtime may: `tools/scripts/onnxruntime` installs it",
    }
}

type Plan = (Arc<TypedRunnableModel>, Vec<String>, Vec<String>);

fn plan(path: &Path, signature: &Signature) -> Result<Plan, String> {
    let onnx = tract_onnx::onnx()
        // Exporters often get these wrong; tract finds out itself.
        .with_ignore_output_shapes(true)
        .with_ignore_value_info(true);
    let read = || -> TractResult<Plan> {
        let proto = onnx.proto_model_for_path(path)?;
        let outputs = proto.graph.iter().flat_map(|graph| &graph.output);
        let outputs = outputs.map(|output| output.name.clone()).collect();
        let mut model = onnx.model_for_path(path)?;
        name_sizes(&mut model, signature)?;
        let inputs = model.inputs.iter();
        let inputs = inputs
            .map(|outlet| model.node(outlet.node).name.clone())
            .collect();
        let model = model.into_optimized()?;
        Ok((TypedRunnableModel::new(model)?, inputs, outputs))
    };
    read().map_err(|error| chain(&error))
}

/// Gives a name to every size that callers choose and the file leaves without one: tract wants to compute with it.
fn name_sizes(model: &mut InferenceModel, signature: &Signature) -> TractResult<()> {
    for place in 0..model.inputs.len() {
        let name = &model.node(model.inputs[place].node).name;
        let axes = signature.input(name).and_then(|port| port.shape.clone());
        let Some(axes) = axes.filter(|axes| axes.contains(&Axis::Any)) else {
            continue;
        };
        let sizes: Vec<TDim> = axes
            .iter()
            .map(|axis| match axis {
                Axis::Fixed(size) => size.to_dim(),
                Axis::Named(name) => model.symbols.sym(name).into(),
                Axis::Any => model.symbols.new_with_prefix("size").into(),
            })
            .collect();
        let fact = model.input_fact(place)?.clone().with_shape(sizes);
        model.set_input_fact(place, fact)?;
    }
    Ok(())
}

/// What an error says, from the outside to its cause, without the dumps of nodes that tract adds.
fn chain(error: &TractError) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let line = text.lines().next().unwrap_or_default();
        let line: String = line.chars().take(200).collect();
        if parts.last() != Some(&line) {
            parts.push(line);
        }
    }
    parts.join(": ")
}

impl Engine for Tract {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn infer(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError> {
        call.check()?;
        let mut given: Vec<Option<TValue>> = vec![None; inputs.len()];
        for (input, place) in inputs.into_iter().zip(&self.inputs) {
            given[*place] = Some(
                value(input)
                    .map_err(|error| self.failed(&error))?
                    .into_tvalue(),
            );
        }
        let given = given.into_iter().flatten().collect();
        let mut stopped = None;
        let mut state = SimpleState::new(&self.model).map_err(|error| self.failed(&error))?;
        // Between two operators it looks whether anybody waits still.
        let answer = state.run_plan_with_eval(given, |context, state, node, values| {
            if let Err(stop) = call.check() {
                stopped = Some(stop);
                return Err(std::io::Error::other("stopped").into());
            }
            eval(context, state, node, values)
        });
        if let Some(stop) = stopped {
            return Err(stop);
        }
        // The model ran before, and nothing else of it depends on chance: what it cannot do lies in this input.
        let answer = answer.map_err(|error| InputError::Refused(chain(&error)))?;
        let ports = self.signature.outputs.iter().zip(&self.outputs);
        ports
            .map(|(port, place)| match answer.get(*place) {
                Some(value) => tensor(&port.name, port.datatype, value)
                    .map_err(|error| EngineError::Answer(chain(&error))),
                None => Err(EngineError::Answer(format!("`{}` is missing", port.name))),
            })
            .collect()
    }
}

impl Tract {
    fn failed(&self, error: &TractError) -> EngineError {
        EngineError::failed("tract", chain(error))
    }
}

fn value(tensor: Tensor) -> TractResult<Value> {
    let (_, shape, data) = tensor.into_parts();
    match data {
        Data::Bool(all) => Value::from_shape(&shape, &all),
        Data::Uint8(all) => Value::from_shape(&shape, &all),
        Data::Uint16(all) => Value::from_shape(&shape, &all),
        Data::Uint32(all) => Value::from_shape(&shape, &all),
        Data::Uint64(all) => Value::from_shape(&shape, &all),
        Data::Int8(all) => Value::from_shape(&shape, &all),
        Data::Int16(all) => Value::from_shape(&shape, &all),
        Data::Int32(all) => Value::from_shape(&shape, &all),
        Data::Int64(all) => Value::from_shape(&shape, &all),
        Data::Fp16(all) => Value::from_shape(&shape, &all),
        Data::Fp32(all) => Value::from_shape(&shape, &all),
        Data::Fp64(all) => Value::from_shape(&shape, &all),
        Data::Bytes(all) => {
            let array = tract_onnx::prelude::tract_ndarray::ArrayD::from_shape_vec(shape, all)?;
            Ok(Value::from(array))
        }
    }
}

fn tensor(name: &str, datatype: Datatype, value: &Value) -> TractResult<Tensor> {
    fn all<T: Datum + Clone>(value: &Value) -> TractResult<Vec<T>> {
        Ok(value.try_as_plain_ram()?.as_slice::<T>()?.to_vec())
    }
    // Inside, tract counts sizes symbolically; outside they are integers.
    let integers;
    let value = match value.datum_type() {
        DatumType::TDim => {
            integers = value.cast_to::<i64>()?;
            integers.as_ref()
        }
        _ => value,
    };
    let data = match datatype {
        Datatype::Bool => Data::Bool(all(value)?),
        Datatype::Uint8 => Data::Uint8(all(value)?),
        Datatype::Uint16 => Data::Uint16(all(value)?),
        Datatype::Uint32 => Data::Uint32(all(value)?),
        Datatype::Uint64 => Data::Uint64(all(value)?),
        Datatype::Int8 => Data::Int8(all(value)?),
        Datatype::Int16 => Data::Int16(all(value)?),
        Datatype::Int32 => Data::Int32(all(value)?),
        Datatype::Int64 => Data::Int64(all(value)?),
        Datatype::Fp16 => Data::Fp16(all::<f16>(value)?),
        Datatype::Fp32 => Data::Fp32(all(value)?),
        Datatype::Fp64 => Data::Fp64(all(value)?),
        Datatype::Bytes => Data::Bytes(all(value)?),
    };
    Ok(Tensor::new(name, value.shape().to_vec(), data)?)
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_that_is_signed_is_the_one_compiled_in() {
        let lock = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
        let lock = std::fs::read_to_string(lock).unwrap();
        let entry = format!("name = \"tract-core\"\nversion = \"{VERSION}\"\n");
        assert!(
            lock.contains(&entry),
            "write the version of Cargo.lock into VERSION"
        );
    }
}
