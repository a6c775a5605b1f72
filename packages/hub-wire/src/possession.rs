use crate::key::PublicKey;
use crate::varint::Writer;
use crate::VERSION;

/// What a key signs to show that its holder lets `operator` (canonical address) register it:
/// `0x01 ‖ key_type ‖ len ‖ key ‖ len ‖ operator`.
pub fn possession_bytes(key: &PublicKey, operator: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.byte(VERSION);
    writer.byte(key.key_type().to_byte());
    writer.bytes(key.as_bytes());
    writer.bytes(operator);
    writer.finish()
}
