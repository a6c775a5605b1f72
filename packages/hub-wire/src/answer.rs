use crate::varint::Writer;
use crate::VERSION;

/// What an attester signs beside its answer: the receipt, which engine ran, and where its key lives.
///
/// ```text
/// answer = 0x01 ‖ len ‖ receipt ‖ len ‖ engine ‖ len ‖ label
/// ```
///
/// Lengths are varints, texts are UTF-8. It is signed over [`answer_digest`](crate::answer_digest). No contract reads it: it
/// ties an answer to its engine, since two engines agree bit for bit on few models.
///
/// # Arguments
///
/// * `receipt` – the canonical bytes of the receipt
/// * `engine` – name and version of the engine, such as `onnxruntime 1.23.2`
/// * `label` – where the attester's key lives: `enclave`, `operator's word` or `simulated`
pub fn answer_bytes(receipt: &[u8], engine: &str, label: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.byte(VERSION);
    writer.bytes(receipt);
    writer.bytes(engine.as_bytes());
    writer.bytes(label.as_bytes());
    writer.finish()
}
