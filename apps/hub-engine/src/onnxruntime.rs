use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use ort::environment::Environment;
use ort::session::{RunOptions, Session, SessionInputValue};
use ort::value::{DynValue, Tensor as Value};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::engine::{cpu_features, lock};
use crate::load::self_test;
use crate::pool::said;
use crate::{
    Call, Data, Datatype, Engine, EngineError, Identity, InputError, LoadError, Signature, Tensor,
};

/// The shared library of ONNX Runtime, as the configuration names it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of the file, in hexadecimal: another file is not loaded.
    pub sha256: String,
}

/// ONNX Runtime, loaded. A process has one; copies share it.
#[derive(Clone)]
pub struct OnnxRuntime {
    loaded: Arc<Loaded>,
}

struct Loaded {
    environment: Environment,
    path: PathBuf,
    sha256: String,
    version: String,
}

/// What this process has loaded. ONNX Runtime cannot be unloaded, nor loaded twice.
static LOADED: Mutex<Option<OnnxRuntime>> = Mutex::new(None);

impl OnnxRuntime {
    /// Loads the library, if it is the one that the configuration names, and new enough. A second call gives the same one.
    pub fn load(library: &Library) -> Result<Self, LoadError> {
        let read_error = |error| LoadError::Read {
            path: library.path.clone(),
            error,
        };
        // The binding would look for a relative path beside the program.
        let path = library.path.canonicalize().map_err(read_error)?;
        let mut loaded = lock(&LOADED);
        let (sha256, version) = inspect(&path).map_err(read_error)?;
        if !sha256.eq_ignore_ascii_case(&library.sha256) {
            return Err(LoadError::LibraryDiffers {
                path,
                found: sha256,
                wanted: library.sha256.clone(),
            });
        }
        let version_error = |found: String| LoadError::LibraryVersion {
            path: path.clone(),
            found,
            minimum: ort::MINOR_VERSION,
        };
        // Of a library that is too old the binding panics: its version is looked at before it is loaded.
        let version =
            version.ok_or_else(|| version_error("no ONNX Runtime that says its version".into()))?;
        if minor(&version).is_none_or(|minor| minor < ort::MINOR_VERSION) {
            return Err(version_error(format!("ONNX Runtime {version}")));
        }
        if let Some(runtime) = &*loaded {
            return match runtime.loaded.sha256 == sha256 {
                true => Ok(runtime.clone()),
                false => Err(LoadError::AnotherLibrary {
                    loaded: runtime.loaded.path.clone(),
                    wanted: path,
                }),
            };
        }
        let start = std::panic::catch_unwind(|| {
            let builder = ort::init_from(&path).map_err(|error| error.to_string())?;
            builder
                .with_name("hub")
                // Nothing is told to anybody about what is run here.
                .with_telemetry(false)
                .build()
                .map_err(|error| error.to_string())
        });
        let environment = start
            .unwrap_or_else(|panic| Err(said(panic.as_ref())))
            .map_err(LoadError::Library)?;
        let runtime = Self {
            loaded: Arc::new(Loaded {
                environment,
                path,
                sha256,
                version,
            }),
        };
        *loaded = Some(runtime.clone());
        Ok(runtime)
    }

    /// Its version, such as `1.32.0`.
    pub fn version(&self) -> &str {
        &self.loaded.version
    }
}

/// SHA-256 of a library, and the version that it says it has.
fn inspect(path: &Path) -> std::io::Result<(String, Option<String>)> {
    /// The name of the version of the library's symbols, which every build for Linux has: `VERS_1.32.0`.
    const MARK: &[u8] = b"VERS_";
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut version = None;
    let mut buffer = vec![0; 1 << 20];
    // A version may lie across two pieces: the end of each is looked at again with the next.
    let mut kept = 0;
    loop {
        let read = file.read(&mut buffer[kept..])?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[kept..kept + read]);
        let length = kept + read;
        if version.is_none() {
            version = buffer[..length]
                .windows(MARK.len())
                .enumerate()
                .filter(|(_, window)| *window == MARK)
                .find_map(|(at, _)| version_at(&buffer[at + MARK.len()..length]));
        }
        kept = length.min(64);
        buffer.copy_within(length - kept..length, 0);
    }
    Ok((hex::encode(hash.finalize()), version))
}

/// Three numbers with points between them, and an end.
fn version_at(bytes: &[u8]) -> Option<String> {
    let length = bytes
        .iter()
        .position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))?;
    let text = std::str::from_utf8(&bytes[..length]).ok()?;
    let numbers: Vec<_> = text
        .split('.')
        .map(|part| part.parse::<u32>().ok())
        .collect();
    (numbers.len() == 3 && numbers.iter().all(Option::is_some)).then(|| text.to_owned())
}

fn minor(version: &str) -> Option<u32> {
    let mut numbers = version.split('.').map(|number| number.parse().ok());
    match numbers.next()? {
        Some(1) => numbers.next()?,
        _ => None,
    }
}

/// How a model runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SessionOptions {
    /// Threads within one call. More than one may change the last bits of an answer, so it stands in what is signed.
    pub threads: usize,
    /// Calls at once. Each takes the model's memory again.
    pub sessions: usize,
}

impl Default for SessionOptions {
    /// One thread, one session.
    fn default() -> Self {
        Self {
            threads: 1,
            sessions: 1,
        }
    }
}

/// A model on ONNX Runtime.
pub struct OnnxModel {
    identity: Identity,
    signature: Signature,
    runtime: OnnxRuntime,
    sessions: Mutex<Vec<Session>>,
    free: Condvar,
    parallel: usize,
}

impl OnnxModel {
    /// Loads an ONNX file and tries it out: [`self_test`](crate::self_test).
    pub fn load(
        runtime: &OnnxRuntime,
        path: &Path,
        options: &SessionOptions,
    ) -> Result<Self, LoadError> {
        let signature = Signature::of_onnx(path)?;
        let (threads, parallel) = (options.threads.max(1), options.sessions.max(1));
        let sessions = (0..parallel)
            .map(|_| session(runtime, path, threads))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| LoadError::Unsupported {
                engine: "ONNX Runtime",
                reason: first_line(error.message()),
                cure: "export it for an older set of operators, or install a newer ONNX Runtime",
            })?;
        let mut features = cpu_features();
        features.push(format!("threads={threads}"));
        features.push(format!("sha256={}", runtime.loaded.sha256));
        let engine = Self {
            identity: Identity {
                name: "onnxruntime".to_owned(),
                version: runtime.loaded.version.clone(),
                features,
            },
            signature,
            runtime: runtime.clone(),
            sessions: Mutex::new(sessions),
            free: Condvar::new(),
            parallel,
        };
        self_test(&engine)?;
        Ok(engine)
    }

    /// What it runs on.
    pub fn runtime(&self) -> &OnnxRuntime {
        &self.runtime
    }

    fn failed(&self, error: &ort::Error) -> EngineError {
        EngineError::failed("ONNX Runtime", first_line(error.message()))
    }
}

fn session(runtime: &OnnxRuntime, path: &Path, threads: usize) -> ort::Result<Session> {
    // As Python's onnxruntime has it by default, but with a fixed number of threads, which do not spin while they wait.
    Session::builder(&runtime.loaded.environment)?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        .with_intra_op_spinning(false)?
        .commit_from_file(path)
}

/// A session that one call uses. It goes back when the call ends, however it ends.
struct Lent<'a> {
    engine: &'a OnnxModel,
    session: Option<Session>,
}

impl OnnxModel {
    fn lend(&self) -> Lent<'_> {
        let mut sessions = lock(&self.sessions);
        loop {
            if let Some(session) = sessions.pop() {
                return Lent {
                    engine: self,
                    session: Some(session),
                };
            }
            sessions = self
                .free
                .wait(sessions)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            lock(&self.engine.sessions).push(session);
            self.engine.free.notify_one();
        }
    }
}

impl Engine for OnnxModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn parallel(&self) -> usize {
        self.parallel
    }

    fn infer(&self, inputs: Vec<Tensor>, call: &Call) -> Result<Vec<Tensor>, EngineError> {
        let mut lent = self.lend();
        call.check()?;
        let Some(session) = lent.session.as_mut() else {
            return Err(EngineError::failed("ONNX Runtime", "no session is left"));
        };
        let mut given = Vec::with_capacity(inputs.len());
        for input in inputs {
            let name = input.name().to_owned();
            let value = value(input).map_err(|error| self.failed(&error))?;
            given.push((name, SessionInputValue::from(value)));
        }
        let options = RunOptions::new().map_err(|error| self.failed(&error))?;
        let options = Arc::new(options);
        let stop = Arc::downgrade(&options);
        call.on_cancel(move || {
            if let Some(options) = stop.upgrade() {
                // It fails only for options that are gone.
                let _ = options.terminate();
            }
        });
        let answer = match session.run_with_options(given, &*options) {
            Ok(answer) => answer,
            Err(error) => {
                call.check()?;
                return Err(match error.code() {
                    // The model ran before: what it cannot do lies in this input.
                    ort::ErrorCode::InvalidArgument
                    | ort::ErrorCode::RuntimeException
                    | ort::ErrorCode::GenericFailure => {
                        InputError::Refused(first_line(error.message())).into()
                    }
                    _ => self.failed(&error),
                });
            }
        };
        self.signature
            .outputs
            .iter()
            .map(|port| match answer.get(&port.name) {
                Some(value) => tensor(&port.name, port.datatype, value),
                None => Err(EngineError::Answer(format!("`{}` is missing", port.name))),
            })
            .collect()
    }
}

/// The beginning of what it says: messages may dump whole graphs.
fn first_line(message: &str) -> String {
    let line = message.lines().find(|line| !line.trim().is_empty());
    line.unwrap_or("it does not say why")
        .chars()
        .take(300)
        .collect()
}

fn value(tensor: Tensor) -> ort::Result<DynValue> {
    let (_, shape, data) = tensor.into_parts();
    Ok(match data {
        Data::Bool(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Uint8(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Uint16(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Uint32(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Uint64(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Int8(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Int16(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Int32(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Int64(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Fp16(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Fp32(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Fp64(all) => Value::from_array((shape, all))?.into_dyn(),
        Data::Bytes(all) => Value::from_string_array((shape, &*all))?.into_dyn(),
    })
}

fn tensor(name: &str, datatype: Datatype, value: &DynValue) -> Result<Tensor, EngineError> {
    fn all<T: ort::value::PrimitiveTensorElementType + Clone>(
        value: &DynValue,
    ) -> ort::Result<(Vec<i64>, Vec<T>)> {
        let (shape, all) = value.try_extract_tensor::<T>()?;
        Ok((shape.to_vec(), all.to_vec()))
    }
    let answer = |error: ort::Error| {
        EngineError::Answer(format!("`{name}` is no {datatype}: {}", error.message()))
    };
    macro_rules! read {
        ($kind:ident) => {{
            let (shape, all) = all(value).map_err(answer)?;
            (shape, Data::$kind(all))
        }};
    }
    let (shape, data) = match datatype {
        Datatype::Bool => read!(Bool),
        Datatype::Uint8 => read!(Uint8),
        Datatype::Uint16 => read!(Uint16),
        Datatype::Uint32 => read!(Uint32),
        Datatype::Uint64 => read!(Uint64),
        Datatype::Int8 => read!(Int8),
        Datatype::Int16 => read!(Int16),
        Datatype::Int32 => read!(Int32),
        Datatype::Int64 => read!(Int64),
        Datatype::Fp16 => read!(Fp16),
        Datatype::Fp32 => read!(Fp32),
        Datatype::Fp64 => read!(Fp64),
        Datatype::Bytes => {
            let (shape, all) = value.try_extract_strings().map_err(answer)?;
            (shape.to_vec(), Data::Bytes(all))
        }
    };
    let shape: Result<Vec<usize>, _> = shape.into_iter().map(usize::try_from).collect();
    let shape =
        shape.map_err(|_| EngineError::Answer(format!("`{name}` has a dimension below zero")))?;
    Tensor::new(name, shape, data).map_err(|error| EngineError::Answer(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library");
        for before in [0, 1, (1 << 20) - 7, (1 << 20) - 1, 1 << 20, 3 << 20] {
            let mut bytes = vec![b'V'; before];
            bytes.extend_from_slice(b"VERS_x\0VERS_1.2\0VERS_1.32.0\0VERS_1.9.0\0");
            std::fs::write(&path, &bytes).unwrap();
            let (sha256, version) = inspect(&path).unwrap();
            assert_eq!(version.as_deref(), Some("1.32.0"), "after {before} bytes");
            assert_eq!(sha256, hex::encode(Sha256::digest(&bytes)));
        }
    }

    #[test]
    fn only_version_one_counts_and_by_its_second_number() {
        assert_eq!(minor("1.32.0"), Some(32));
        assert_eq!(minor("2.0.0"), None);
        assert_eq!(minor("1.x.0"), None);
    }
}
